"""Mentions: events of one organisation that name another as a party, and the other's answers.

An event says what its author says. An organisation that it names as the source or destination of
goods confirms or disputes it. Answers never change: a later one follows the earlier. Which keys
name an organisation is the caller's to say; the rows are those of `ledger.record.mention_rows`.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import CompoundSelect, Select, func, insert, select, tuple_, union
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.chains.chained_rows import record_audit
from ledger.cursor_pages import Key
from ledger.errors import MentionFull, UnknownRow
from ledger.record.epcis_events import EventRow, load_events
from ledger.record.mention_rows import MentionState, mark_answered
from ledger.storage.row_lists import split_parts
from ledger.storage.store import Store, uncancellable

MentionReply = Literal["confirmed", "disputed"]
EventName = tuple[str, str]
"""The organisation that told an event, and the event's 64 digits."""

MOST_ANSWERS: Final = 20
"""Answers of one organisation to one event."""
MOST_COUNTED: Final = 100
"""Mentions that are counted; more are "more than" it."""
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
        self,
        organisation: str,
        keys: Collection[str],
        *,
        state: MentionState | None = None,
        after: Key | None,
        limit: int,
    ) -> list[EventRow]:
        """Return events of others that name one of these keys as a party, newest first."""
        if not keys:
            return []
        found = _select_named(organisation, keys, state, after, limit).subquery("found").c
        query = select(found.teller, found.event)
        query = query.order_by(found.at.desc(), found.event.desc(), found.teller.desc())
        async with self._store.read() as connection:
            rows = (await connection.execute(query.limit(limit))).all()
            return await load_events(connection, [(row.teller, row.event) for row in rows])

    async def count(self, organisation: str, keys: Collection[str], state: MentionState) -> int:
        """Count the mentions in a state, at most one more than `MOST_COUNTED`."""
        if not keys:
            return 0
        found = _select_named(organisation, keys, state, None, MOST_COUNTED + 1).subquery("found")
        some = select(found.c.event).limit(MOST_COUNTED + 1).subquery("some")
        async with self._store.read() as connection:
            return await connection.scalar(select(func.count()).select_from(some)) or 0

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
            await mark_answered(connection, teller, event, keys, reply)
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


def _select_named(
    organisation: str,
    keys: Collection[str],
    state: MentionState | None,
    after: Key | None,
    limit: int,
) -> Select[Any] | CompoundSelect[Any]:
    """Time, event and teller of at most `limit` mentions of each key, each event once."""
    table = schema.mentions.c
    columns = (table.at, table.event, table.teller)
    branches = []
    for key in sorted(keys):  # each is read from the index in its order
        branch = select(*columns).where(table.key == key, table.teller != organisation)
        if state is not None:
            branch = branch.where(table.state == state)
        if after is not None:
            branch = branch.where(tuple_(*columns) < tuple_(*after))
        branch = branch.order_by(*(one.desc() for one in columns)).limit(limit)
        branches.append(select(branch.subquery()))
    return branches[0] if len(branches) == 1 else union(*branches)


async def _require_named(
    connection: AsyncConnection, organisation: str, keys: Collection[str], named: EventName
) -> None:
    teller, event = named
    table = schema.mentions.c
    count = select(func.count()).where(
        table.event == event, table.teller == teller, table.key.in_(sorted(keys))
    )
    if teller == organisation or not keys or not await connection.scalar(count):
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
