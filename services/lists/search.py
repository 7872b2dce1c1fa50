"""Search: a typed text becomes matches that an index answers.

A number is the order or batch of that number. Words are looked up among the names of products,
organisations and accounts, and among the words that only the rows of the list have. What is found
is listed by its id. Few names match words that people type; where more than a handful do, the page
says that it shows a part.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

from ledger.lists import ListQuery, Match
from ledger.lists.tables import ORDERS
from ledger.reports.consumer_reports import normalize_unknown_code
from ledger.search_words import WordKind
from services.context import ServiceContext
from services.lists.description import Search
from services.lists.typed_search import is_row_number, parse_batch_number, parse_order_number
from services.ranges import parse_range
from services.stamps.stamp_lookup import find_stamps
from stamps.errors import VeritemError
from stamps.serial_range import is_serial_range_form
from stamps.stamp_ranges import StampRange
from traceability.carton_label import MalformedLabel, read_carton_label
from traceability.registration_codes import normalize_code

_LIMITS: Final[Mapping[WordKind, int]] = {"product": 8, "organisation": 5, "staff": 3}
"""Names of each kind that a search looks for, since each is a branch of the query."""
_MOST_ROWS: Final = 400
"""Rows of the list itself that a search looks for: one match takes them all."""
Wanted = Mapping[WordKind, Sequence[str]]
"""Kinds of words, and the matches that take their rows."""
_TAKES_ALL: Final = frozenset({"ids", "orders", "codes", "lots"})
"""The matches that take all rows at once."""
_SUBJECTS: Final[Mapping[WordKind, str]] = {
    "staff": "staff",
    "organisation": "organisations",
    "product": "products",
}
"""Kinds of words, and the tables that subjects of the audit log name."""
_ACT: Final = re.compile(r"[a-z_-]+\.[a-z._-]*")


async def _find_words(context: ServiceContext, text: str, wanted: Wanted) -> Search:
    """Matches of the words of a text."""
    limits = {
        kind: _MOST_ROWS if _TAKES_ALL.issuperset(names) else _LIMITS[kind]
        for kind, names in wanted.items()
    }
    found = await context.ledger.lists.find_by_words(text, limits)
    matches: list[Match] = []
    for kind, names in wanted.items():
        rows = found[kind].rows
        if _TAKES_ALL.issuperset(names):
            matches += [(name, rows) for name in names if rows]
        else:
            matches += [(name, row) for row in rows for name in names]
    return Search(matches, any(one.is_partial for one in found.values()))


async def search_orders(context: ServiceContext, text: str) -> Search:
    """Orders by number, id, note, product, packer, print house or person."""
    number = parse_order_number(text)
    if number is not None:
        # Digits are found in many ids and notes: who types a number means the number.
        return Search([("number", number)])
    return await _find_words(
        context,
        text,
        {
            "order": ("ids",),
            "product": ("product",),
            "organisation": ("packer", "print_house"),
            "staff": ("requested_by",),
        },
    )


async def search_batches(context: ServiceContext, text: str) -> Search:
    """Batches by number, serial range, order, product, packer or print house."""
    number = parse_batch_number(text)
    if number is not None:
        return Search([("number", number)])
    matches = await _find_orders(context, text)
    if is_serial_range_form(text):
        # `2026-00017` is an order, and could be a stamp of batch 2026.
        with suppress(VeritemError):
            matches.append(("number", (await parse_range(context, text)).batch.number))
        return Search(matches)
    if parse_order_number(text) is not None:
        return Search(matches)
    return await _find_words(
        context,
        text,
        {
            "order": ("orders",),
            "product": ("product",),
            "organisation": ("packer", "print_house"),
        },
    )


async def search_lots(context: ServiceContext, text: str) -> Search:
    """Lots by code, names in the lot, product or organisation."""
    return await _find_words(
        context,
        text,
        {"lot": ("codes",), "product": ("product",), "organisation": ("organisation",)},
    )


async def search_alerts(context: ServiceContext, text: str) -> Search:
    """Alerts by number, batch, registered code, stamp, lot, product, packer or owner."""
    number = parse_batch_number(text)
    if number is not None:
        return Search([("batch", number), ("id", number)])
    code = normalize_code(text)
    if await context.ledger.registered_codes.get_many([code]):
        return Search([("code", code)])
    try:
        stamps = await find_stamps(context, text)
    except VeritemError:
        return await _find_words(
            context,
            text,
            {
                "lot": ("lots",),
                "product": ("product",),
                "organisation": ("packer",),
                "staff": ("owner",),
            },
        )
    return Search([("stamp", (stamps.batch.number, stamps.lo))])


async def search_reports(context: ServiceContext, text: str) -> Search:
    """Reports by stamp, unknown code, batch, product, packer or owner."""
    number = parse_batch_number(text)
    if number is not None:
        return Search([("batch", number)])
    matches: list[Match] = [("id", normalize_unknown_code(text))]
    try:
        stamps = await find_stamps(context, text)
    except VeritemError:
        named = await _find_words(
            context,
            text,
            {"product": ("product",), "organisation": ("packer",), "staff": ("owner",)},
        )
        return Search([*matches, *named.matches], named.is_partial)
    return Search([*matches, ("stamp", (stamps.batch.number, stamps.lo))])


async def search_findings(context: ServiceContext, text: str) -> Search:
    """Findings by stamp, batch or inspector."""
    number = parse_batch_number(text)
    if number is not None:
        return Search([("batch", number)])
    try:
        stamps = await find_stamps(context, text)
    except VeritemError:
        return await _find_words(context, text, {"staff": ("actor",)})
    return Search([("stamp", (stamps.batch.number, stamps.lo))])


async def search_hearings(context: ServiceContext, text: str) -> Search:
    """Hearings by batch, lot or organisation."""
    number = parse_batch_number(text)
    if number is not None:
        return Search([("batch", number)])
    return await _find_words(context, text, {"lot": ("lots",), "organisation": ("organisation",)})


async def search_submissions(context: ServiceContext, text: str) -> Search:
    """Submitted versions by lot, names in the lot, product or organisation."""
    return await _find_words(
        context,
        text,
        {"lot": ("lots",), "product": ("product",), "organisation": ("organisation",)},
    )


async def search_cartons(context: ServiceContext, text: str) -> Search:
    """Cartons and pallets by label, by a stamp or serial range in them, or by lot."""
    with suppress(MalformedLabel):
        label = read_carton_label(text)
        if label is not None:
            return Search([("label", label)])
    try:
        stamps = await find_stamps(context, text)
    except VeritemError:
        return await _find_words(
            context, text, {"lot": ("lots",), "organisation": ("organisation",)}
        )
    packed = await context.ledger.cartons.find_cartons(
        [StampRange(stamps.batch.number, stamps.lo, stamps.hi)]
    )
    ids = sorted({one.carton for one in packed})
    return Search([("ids", ids[:_MOST_ROWS])], len(ids) > _MOST_ROWS)


async def search_codes(context: ServiceContext, text: str) -> Search:
    """Registered codes by code, name or organisation."""
    return await _find_words(context, text, {"code": ("codes",), "organisation": ("organisation",)})


async def search_proposals(context: ServiceContext, text: str) -> Search:
    """Proposals by number, the lot or account that they are about, or person."""
    named = await _find_words(context, text, {"staff": ("requested_by",)})
    matches: list[Match] = [
        ("subject", f"{kind}:{text}") for kind in ("lot", "staff", "keys", "batch")
    ]
    if is_row_number(text):
        matches.append(("id", int(text)))
    return Search([*matches, *named.matches], named.is_partial)


async def search_staff(context: ServiceContext, text: str) -> Search:
    """Accounts by name, account or organisation."""
    return await _find_words(context, text, {"staff": ("ids",), "organisation": ("organisation",)})


async def search_tokens(context: ServiceContext, text: str) -> Search:
    """Tokens by id, person or organisation."""
    named = await _find_words(
        context, text, {"staff": ("staff",), "organisation": ("organisation",)}
    )
    return Search([("ids", [text]), *named.matches], named.is_partial)


async def search_sessions(context: ServiceContext, text: str) -> Search:
    """Sessions by id or person."""
    named = await _find_words(context, text, {"staff": ("staff",)})
    return Search([("ids", [text]), *named.matches], named.is_partial)


async def search_organisations(context: ServiceContext, text: str) -> Search:
    """Organisations by name or id."""
    return await _find_words(context, text, {"organisation": ("ids",)})


async def search_entries(context: ServiceContext, text: str) -> Search:
    """Entries of the diary by the code of their place or goods, or by organisation."""
    named = await _find_words(context, text, {"organisation": ("organisation",)})
    codes: list[Match] = [("place", normalize_code(text)), ("lot", text)]
    return Search([*codes, *named.matches], named.is_partial)


async def search_places(context: ServiceContext, text: str) -> Search:
    """Places by name, id, code, GLN or organisation."""
    return await _find_words(context, text, {"place": ("ids",), "organisation": ("organisation",)})


async def search_audit(context: ServiceContext, text: str) -> Search:
    """Entries by number, act (`staff.disable`, `staff.`), subject (`staff:mai`), or name.

    A name is that of who acted, or of the person, organisation or product that the act was about.
    """
    if is_row_number(text):
        return Search([("seq", int(text))])
    if ":" in text:
        return Search([("subject", text)])
    if _ACT.fullmatch(text):
        return Search([("action", text)])
    limits = {kind: _LIMITS[kind] for kind in _SUBJECTS}
    found = await context.ledger.lists.find_by_words(text, limits)
    matches: list[Match] = [("actor", text)]
    matches += [("actor", row) for row in found["staff"].rows if row != text]
    for kind, table in _SUBJECTS.items():
        matches += [("subject", f"{table}:{row}") for row in found[kind].rows]
    return Search(matches, any(one.is_partial for one in found.values()))


async def _find_orders(context: ServiceContext, text: str) -> list[Match]:
    """Match the batches of the orders of a typed number."""
    number = parse_order_number(text)
    if number is None:
        return []
    query = ListQuery(where=[[("number", number)]], sort="requested_at", limit=11)
    page = await context.ledger.lists.find_page(ORDERS, query, limit=10)
    return [("orders", [row["id"] for row in page.rows])] if page.rows else []
