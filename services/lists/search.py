"""Search: a typed text becomes matches that an index answers.

A number is the order or batch of that number. Words are looked up among the names of products,
organisations and accounts, and among the words that only the rows of the list have. What is found
is listed by its id. Few names match words that people type; where more than a handful do, the page
says that it shows a part.
"""

from contextlib import suppress

from ledger.lists import ListQuery, Match
from ledger.lists.tables import ORDERS
from ledger.search_words import WordKind
from services.context import ServiceContext
from services.lists.description import Search
from services.lists.typed_search import parse_batch_number, parse_order_number
from services.ranges import parse_range
from services.stamp_lookup import find_stamps
from stamps.errors import VeritemError
from stamps.serial_range import is_serial_range_form
from stamps.typed_number import LONGEST_NUMBER

_MOST_ROWS = 1_000
_MOST_NAMES = {"product": 8, "organisation": 5, "staff": 3}


class _Found:
    """Collects matches."""

    def __init__(self, context: ServiceContext, text: str) -> None:
        self._lists = context.ledger.lists
        self._text = text
        self.matches: list[Match] = []
        self.is_partial = False

    async def find_rows(self, kind: WordKind, match: str) -> None:
        """Match the rows that have the words themselves."""
        found = await self._lists.find_by_words(kind, self._text, _MOST_ROWS)
        self.is_partial |= found.is_partial
        if found.rows:
            self.matches.append((match, found.rows))

    async def find_named(self, kind: WordKind, *matches: str) -> None:
        """Match what refers to a product, organisation or account by its name."""
        most = _MOST_NAMES[kind]
        found = await self._lists.find_by_words(kind, self._text, most)
        self.is_partial |= found.is_partial
        self.matches += [(match, id_) for id_ in found.rows for match in matches]

    def finish(self) -> Search:
        return Search(self.matches, self.is_partial)


async def search_orders(context: ServiceContext, text: str) -> Search:
    """Orders by number, id, note, product, packer, print house or person."""
    found = _Found(context, text)
    number = parse_order_number(text)
    if number is not None:
        # Digits are found in many ids and notes: who types a number means the number.
        return Search([("number", number)])
    await found.find_rows("order", "ids")
    await found.find_named("product", "product")
    await found.find_named("organisation", "packer", "print_house")
    await found.find_named("staff", "requested_by")
    return found.finish()


async def search_batches(context: ServiceContext, text: str) -> Search:
    """Batches by number, serial range, order, product, packer or print house."""
    found = _Found(context, text)
    number = parse_batch_number(text)
    if number is not None:
        return Search([("number", number)])
    is_order = await _find_orders(context, text, found)
    if is_serial_range_form(text):
        # `2026-00017` is an order, and could be a stamp of batch 2026.
        with suppress(VeritemError):
            found.matches.append(("number", (await parse_range(context, text)).batch.number))
        return found.finish()
    if is_order:
        return found.finish()
    await found.find_rows("order", "orders")
    await found.find_named("product", "product")
    await found.find_named("organisation", "packer", "print_house")
    return found.finish()


async def search_lots(context: ServiceContext, text: str) -> Search:
    """Lots by code, names in the lot, product or organisation."""
    found = _Found(context, text)
    await found.find_rows("lot", "codes")
    await found.find_named("product", "product")
    await found.find_named("organisation", "organisation")
    return found.finish()


async def search_alerts(context: ServiceContext, text: str) -> Search:
    """Alerts by number, batch, stamp, product, packer or owner."""
    found = _Found(context, text)
    number = parse_batch_number(text)
    if number is not None:
        found.matches += [("batch", number), ("id", number)]
        return found.finish()
    try:
        stamps = await find_stamps(context, text)
    except VeritemError:
        await found.find_named("product", "product")
        await found.find_named("organisation", "packer")
        await found.find_named("staff", "owner")
    else:
        found.matches.append(("stamp", (stamps.batch.number, stamps.lo)))
    return found.finish()


async def search_codes(context: ServiceContext, text: str) -> Search:
    """Registered codes by code, name or organisation."""
    found = _Found(context, text)
    await found.find_rows("code", "codes")
    await found.find_named("organisation", "organisation")
    return found.finish()


async def search_proposals(context: ServiceContext, text: str) -> Search:
    """Proposals by number, the lot or account that they are about, or person."""
    found = _Found(context, text)
    if text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER:
        found.matches.append(("id", int(text)))
    for kind in ("lot", "staff", "keys", "batch"):
        found.matches.append(("subject", f"{kind}:{text}"))
    await found.find_named("staff", "requested_by")
    return found.finish()


async def _find_orders(context: ServiceContext, text: str, found: _Found) -> bool:
    """Match the batches of an order; whether one is named by its number."""
    number = parse_order_number(text)
    if number is None:
        return False
    query = ListQuery(where=[[("number", number)]], sort="requested_at", limit=11)
    page = await context.ledger.lists.find_page(ORDERS, query, limit=10)
    found.matches += [("orders", [row["id"] for row in page.rows])] if page.rows else []
    return True
