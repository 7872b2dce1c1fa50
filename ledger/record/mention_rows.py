"""Rows of `mentions`: which key names a party in which event, and what is said of it.

They are written with the event, by key: whose key it is can be decided later, when an organisation
registers. A key that names the event's own author is no mention. The state follows the last answer
of the organisation, so that a list of what waits costs no more where much is answered.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Final, Literal
from urllib.parse import quote, unquote

from sqlalchemy import BigInteger, Text, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.storage.row_lists import split_parts

MentionState = Literal["open", "confirmed", "disputed", "withdrawn"]
"""`withdrawn`: the author of the event declared it an error."""
NamedParty = tuple[int, str, str]
"""The time of an event, its 64 digits, and a key that names a party in it."""

PARTY: Final = "party"
"""The part of `epcis_keys` that parties have."""
PARTY_NAMES: Final = "https://veritem.vn/party/"
"""Before the id or name of an organisation (`traceability.diary.entry_events.name_party`)."""
LOCATION_NAMES: Final = ("https://id.gs1.org/414/", "https://id.gs1.org/417/")
"""Before a GLN, in canonical form."""
_AT_ONCE: Final = 500


async def write_mentions(
    connection: AsyncConnection,
    teller: str,
    named: Sequence[NamedParty],
    *,
    withdrawn: Collection[str],
    at: int,
) -> None:
    """Write the mentions of new events, numbered; `withdrawn` are events that are errors already.

    To be called by the ledger's one writer.
    """
    own = await _list_own_keys(connection, teller) if named else set()
    others = sorted({one for one in named if one[2] not in own})
    if not others:
        return
    table = schema.mentions
    last = await connection.scalar(select(func.max(table.c.id))) or 0
    rows = [
        {
            "id": id_,
            "key": key,
            "at": happened_at,
            "event": event,
            "teller": teller,
            "recorded_at": at,
            "state": "withdrawn" if event in withdrawn else "open",
        }
        for id_, (happened_at, event, key) in enumerate(others, last + 1)
    ]
    await connection.execute(insert(table), rows)


async def move_mentions(connection: AsyncConnection, capture: str, teller: str, *, at: int) -> None:
    """Write the mentions of the staged events of a capture that are in the record by now.

    To be called by the ledger's one writer, in the transaction that moves the events.
    """
    table, keys, errors = schema.mentions, schema.epcis_staged_keys.c, schema.epcis_staged_errors.c
    own = await _list_own_keys(connection, teller)
    last = await connection.scalar(select(func.max(table.c.id))) or 0
    is_there = select(literal(1)).where(
        table.c.event == keys.event, table.c.teller == teller, table.c.key == keys.key
    )
    number = func.row_number().over(order_by=(keys.event, keys.key))
    rows = select(
        (literal(last, BigInteger) + number).label("id"),
        *(keys.key, keys.at, keys.event),
        literal(teller, Text).label("teller"),
        literal(at, BigInteger).label("recorded_at"),
        literal("open", Text).label("state"),
    ).where(
        keys.capture == capture,
        keys.part == PARTY,
        keys.key.not_in(sorted(own)),
        ~is_there.exists(),
    )
    names = [one.name for one in table.c]
    await connection.execute(insert(table).from_select(names, rows))
    declared = select(errors.event).where(errors.capture == capture)
    await connection.execute(
        update(table)
        .where(table.c.teller == teller, table.c.event.in_(declared))
        .values(state="withdrawn")
    )


async def withdraw_mentions(
    connection: AsyncConnection, teller: str, events: Sequence[str]
) -> None:
    """Mark the mentions of events that their author declared errors."""
    for some in split_parts(events, _AT_ONCE):
        await _set_state(connection, teller, some, None, "withdrawn")


async def mark_answered(
    connection: AsyncConnection,
    teller: str,
    event: str,
    keys: Collection[str],
    state: MentionState,
) -> None:
    """Mark the mentions of one organisation in an event by its last answer."""
    await _set_state(connection, teller, [event], keys, state)


async def _set_state(
    connection: AsyncConnection,
    teller: str,
    events: Sequence[str],
    keys: Collection[str] | None,
    state: MentionState,
) -> None:
    table = schema.mentions.c
    change = update(schema.mentions).where(
        table.teller == teller, table.event.in_(events), table.state != "withdrawn"
    )
    if keys is not None:
        change = change.where(table.key.in_(sorted(keys)))
    await connection.execute(change.values(state=state))


async def find_named_organisations(
    connection: AsyncConnection, keys: Collection[str]
) -> Mapping[str, frozenset[str]]:
    """The organisations that keys of parties name: by id, by a name that no other has, by GLN."""
    texts = {key: unquote(key.removeprefix(PARTY_NAMES)) for key in keys if _is_party(key)}
    glns = {key: key.rpartition("/")[2] for key in keys if key.startswith(LOCATION_NAMES)}
    found: defaultdict[str, set[str]] = defaultdict(set)
    organisations, places = schema.organisations.c, schema.places.c
    by_name: defaultdict[str, set[str]] = defaultdict(set)
    for some in split_parts(sorted(set(texts.values())), _AT_ONCE):
        known = select(organisations.id).where(organisations.id.in_(some))
        for id_ in await connection.scalars(known):
            by_name[id_].add(id_)
        alike = (
            select(organisations.name, func.min(organisations.id))
            .where(organisations.name.in_(some))
            .group_by(organisations.name)
            .having(func.count() == 1)
        )
        for name, id_ in (await connection.execute(alike)).all():
            by_name[name].add(id_)
    for key, text in texts.items():
        found[key] |= by_name.get(text, set())
    by_gln: defaultdict[str, set[str]] = defaultdict(set)
    for some in split_parts(sorted(set(glns.values())), _AT_ONCE):
        query = select(places.gln, places.organisation).where(
            places.gln.in_(some), places.organisation.is_not(None)
        )
        for gln, id_ in (await connection.execute(query)).all():
            by_gln[gln].add(id_)
    for key, gln in glns.items():
        found[key] |= by_gln.get(gln, set())
    return {key: frozenset(ids) for key, ids in found.items() if ids}


async def _list_own_keys(connection: AsyncConnection, organisation: str) -> set[str]:
    """The keys that name an organisation."""
    table, places = schema.organisations.c, schema.places.c
    name = await connection.scalar(select(table.name).where(table.id == organisation))
    query = select(places.gln).where(places.organisation == organisation, places.gln.is_not(None))
    glns = await connection.scalars(query)
    return {
        PARTY_NAMES + quote(" ".join(text.split()), safe="")
        for text in (organisation, name or organisation)
    } | {prefix + gln for gln in glns for prefix in LOCATION_NAMES}


def _is_party(key: str) -> bool:
    return key.startswith(PARTY_NAMES)
