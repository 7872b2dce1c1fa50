"""Mentions: events of one organisation that name another as a party, and the other's answers.

An event says what its author says. An organisation that it names as the source or destination of
goods confirms or disputes it. Answers never change: a later one follows the earlier. Which keys
name an organisation is the caller's to say; the event's own keys (`epcis_keys`) are asked.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import func, insert, select, tuple_, union
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.chains.chained_rows import record_audit
from ledger.cursor_pages import Key
from ledger.errors import MentionFull, UnknownRow
from ledger.record.epcis_events import EventRow, load_events
from ledger.storage.row_lists import split_parts
from ledger.storage.store import Store, uncancellable

MentionReply = Literal["confirmed", "disputed"]
EventName = tuple[str, str]
"""The organisation that told an event, and the event's 64 digits."""

MOST_ANSWERS: Final = 20
"""Answers of one organisation to one event."""
PARTY: Final = "party"
"""The part of `epcis_keys` that parties have."""
_PART: Final = 200


@dataclass(frozen=True, slots=True)
class MentionAnswer:
    """One answer of an organisation that an event names; `at` is milliseconds, UTC."""

    organisation: str
    at: int
    actor: str
    answer: MentionReply
    note: str | None


class Mentions:
    """The mentions of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    async def find_page(
        self, organisation: str, keys: Collection[str], *, after: Key | None, limit: int
    ) -> list[EventRow]:
        """Return events of others that name one of these keys as a party, newest first."""
        if not keys:
            return []
        table = schema.epcis_keys.c
        columns = (table.at, table.event, table.organisation)
        branches = []
        for key in sorted(keys):  # each is read from the index in its order
            branch = select(*columns).where(
                table.key == key, table.part == PARTY, table.organisation != organisation
            )
            if after is not None:
                branch = branch.where(tuple_(*columns) < tuple_(*after))
            branch = branch.order_by(*(one.desc() for one in columns)).limit(limit)
            branches.append(select(branch.subquery()))
        found = (branches[0] if len(branches) == 1 else union(*branches)).subquery("found").c
        query = select(found.organisation, found.event)
        query = query.order_by(found.at.desc(), found.event.desc(), found.organisation.desc())
        async with self._store.read() as connection:
            rows = (await connection.execute(query.limit(limit))).all()
            return await load_events(connection, [(row.organisation, row.event) for row in rows])

    async def get(self, organisation: str, keys: Collection[str], named: EventName) -> EventRow:
        """Return an event of another that names one of these keys. Raises `UnknownRow`."""
        async with self._store.read() as connection:
            await _require_named(connection, organisation, keys, named)
            [row] = await load_events(connection, [named])
        return row

    @uncancellable
    async def answer(
        self,
        organisation: str,
        keys: Collection[str],
        named: EventName,
        reply: MentionReply,
        note: str | None,
        *,
        actor: str,
    ) -> None:
        """Add an answer; the same as the last one changes nothing.

        Raises `UnknownRow`, `MentionFull`.
        """
        at, answers = self._clock(), schema.mention_answers
        async with self._store.write() as connection:
            await _require_named(connection, organisation, keys, named)
            known = await _list_answers(connection, [named])
            own = [one for one in known.get(named, ()) if one.organisation == organisation]
            if own and (own[-1].answer, own[-1].note) == (reply, note):
                return
            if len(own) >= MOST_ANSWERS:
                raise MentionFull(most=MOST_ANSWERS)
            teller, event = named
            await connection.execute(
                insert(answers).values(
                    event=event,
                    teller=teller,
                    organisation=organisation,
                    n=len(own) + 1,
                    at=at,
                    actor=actor,
                    answer=reply,
                    note=note,
                )
            )
            await record_audit(
                connection,
                at=at,
                actor=actor,
                action=f"mention.{reply}",
                subject=f"organisations:{organisation}",
                details={"event": event, "teller": teller, "note": note},
            )

    async def list_answers(
        self, named: Collection[EventName]
    ) -> Mapping[EventName, Sequence[MentionAnswer]]:
        """Return the answers to events, in order."""
        async with self._store.read() as connection:
            return await _list_answers(connection, named)


async def _require_named(
    connection: AsyncConnection, organisation: str, keys: Collection[str], named: EventName
) -> None:
    teller, event = named
    events, table = schema.epcis_events.c, schema.epcis_keys.c
    at = await connection.scalar(
        select(events.at).where(events.organisation == teller, events.id == event)
    )
    count = select(func.count()).where(
        table.key.in_(sorted(keys)),
        table.at == at,
        table.event == event,
        table.organisation == teller,
        table.part == PARTY,
    )
    if at is None or teller == organisation or not keys or not await connection.scalar(count):
        raise UnknownRow(kind="event", id=event)


async def _list_answers(
    connection: AsyncConnection, named: Collection[EventName]
) -> dict[EventName, list[MentionAnswer]]:
    table, wanted = schema.mention_answers, set(named)
    ids = sorted({event for _, event in wanted})
    found: dict[EventName, list[MentionAnswer]] = {}
    for part in split_parts(ids, _PART):
        query = select(table).where(table.c.event.in_(part))
        query = query.order_by(table.c.at, table.c.organisation, table.c.n)
        for row in (await connection.execute(query)).mappings():
            pair = (row["teller"], row["event"])
            if pair in wanted:
                found.setdefault(pair, []).append(
                    MentionAnswer(
                        row["organisation"], row["at"], row["actor"], row["answer"], row["note"]
                    )
                )
    return found
