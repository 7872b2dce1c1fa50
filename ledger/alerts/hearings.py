"""Hearings: the parties of a case are told and asked, answer, and are told the decision.

A party is told once an inspector decides so, and answers as often as it likes until the case is
decided. An answer marks the case: it asks for attention. A message, its photos, the state of the
hearing, the mark and the entry in the audit log are written together or not at all. Messages never
change.
"""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.alerts.alert_record import Alert, AlertState
from ledger.alerts.alert_rows import select_alert
from ledger.alerts.case_parties import select_parties
from ledger.alerts.hearing_record import (
    CaseParty,
    Hearing,
    HearingMessage,
    HearingState,
    hearing_from_row,
)
from ledger.chains.chained_rows import record_audit
from ledger.errors import HearingDecided, HearingFull, IllegalAlertDecision, UnknownHearing
from ledger.storage.store import Store, uncancellable

MOST_ANSWERS: Final = 50
"""Answers of one party in one case."""
MOST_SHOWN: Final = 20
"""Hearings that one page of a lot or batch shows."""


class Hearings:
    """The hearings of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    async def list_parties(self, alert: Alert) -> list[CaseParty]:
        """Return the parties that a case has."""
        async with self._store.read() as connection:
            return await select_parties(connection, alert)

    @uncancellable
    async def ask(
        self,
        alert: int,
        organisations: Sequence[str] | None,
        text: str,
        *,
        actor: str,
        due_at: int | None = None,
        at: int | None = None,
    ) -> list[Hearing]:
        """Tell parties of a case of the suspicion, with a question; None: all parties.

        The same question again, as the last message, changes nothing. An organisation that is no
        party is left out. Raises `UnknownAlert`, `IllegalAlertDecision` for a case that nobody
        investigates.
        """
        at = self._clock() if at is None else at
        async with self._store.write() as connection:
            known = await select_alert(connection, alert)
            if known.state is not AlertState.INVESTIGATING:
                raise IllegalAlertDecision(
                    state=known.state, wanted=known.state, why=": its parties are asked nothing"
                )
            parties = await select_parties(connection, known)
            if organisations is not None:
                parties = [one for one in parties if one.organisation in organisations]
            return [
                await _ask(connection, alert, party, text, actor, due_at, at) for party in parties
            ]

    @uncancellable
    async def answer(
        self,
        id_: str,
        text: str,
        *,
        actor: str,
        photos: Sequence[bytes] = (),
        at: int | None = None,
    ) -> Hearing:
        """Add the answer of a party, with photos (JPEG); sent twice it is one answer.

        Raises `UnknownHearing`, `HearingDecided`, `HearingFull`.
        """
        at = self._clock() if at is None else at
        digests = [hashlib.sha256(photo).hexdigest() for photo in photos]
        messages, pictures = schema.hearing_messages, schema.hearing_photos
        async with self._store.write() as connection:
            known = await _get(connection, id_)
            last = await _get_last(connection, id_)
            if (
                last is not None
                and (last.what, last.actor, last.text) == ("answer", actor, text)
                and await _list_digests(connection, id_, last.n) == digests
            ):
                return known
            if known.state is HearingState.DECIDED:
                raise HearingDecided(hearing=id_)
            answers = select(func.count()).where(
                messages.c.hearing == id_, messages.c.what == "answer"
            )
            if (await connection.scalar(answers) or 0) >= MOST_ANSWERS:
                raise HearingFull(most=MOST_ANSWERS)
            n = await _append(connection, id_, at=at, actor=actor, what="answer", text=text)
            if photos:
                rows = [
                    {
                        "hearing": id_,
                        "n": n,
                        "place": place,
                        "at": at,
                        "sha256": digest,
                        "picture": photo,
                    }
                    for place, (digest, photo) in enumerate(zip(digests, photos, strict=True))
                ]
                await connection.execute(insert(pictures), rows)
            await _set(connection, id_, state=HearingState.ANSWERED, updated_at=at)
            alerts = schema.alerts
            await connection.execute(
                update(alerts).where(alerts.c.id == known.alert).values(is_news=True, updated_at=at)
            )
            await _record(
                connection, "answer", id_, at, actor, alert=known.alert, text=text, photos=digests
            )
            return await _get(connection, id_)

    async def get(self, id_: str) -> Hearing:
        """Return a hearing. Raises `UnknownHearing`."""
        async with self._store.read() as connection:
            return await _get(connection, id_)

    async def list_of_alert(self, alert: int) -> list[Hearing]:
        """Return the hearings of a case, in the order in which the parties were told."""
        hearings = schema.hearings
        query = select(hearings).where(hearings.c.alert == alert)
        return await self._list(query.order_by(hearings.c.told_at, hearings.c.id))

    async def list_of_lot(self, lot: str, organisation: str | None) -> list[Hearing]:
        """Return the newest hearings of a party about stamps of a lot; None: of all parties."""
        return await self._list_own(schema.hearings.c.lot == lot, organisation)

    async def list_of_batch(self, batch: int, organisation: str | None) -> list[Hearing]:
        """Return the newest hearings of a party about stamps of a batch; None: of all parties."""
        return await self._list_own(schema.hearings.c.batch == batch, organisation)

    async def list_messages(self, id_: str) -> list[HearingMessage]:
        """Return the messages of a hearing, in order."""
        messages, photos = schema.hearing_messages, schema.hearing_photos
        counted = (
            select(photos.c.n, func.count().label("photos"))
            .where(photos.c.hearing == id_)
            .group_by(photos.c.n)
            .subquery()
        )
        query = (
            select(messages, func.coalesce(counted.c.photos, 0).label("photos"))
            .outerjoin(counted, counted.c.n == messages.c.n)
            .where(messages.c.hearing == id_)
            .order_by(messages.c.n)
        )
        async with self._store.read() as connection:
            return [_read_message(row) for row in (await connection.execute(query)).mappings()]

    async def get_photo(self, id_: str, n: int, place: int) -> bytes:
        """Return a photo (JPEG) of an answer. Raises `UnknownHearing`."""
        photos = schema.hearing_photos.c
        query = select(photos.picture).where(
            photos.hearing == id_, photos.n == n, photos.place == place
        )
        async with self._store.read() as connection:
            picture = await connection.scalar(query)
        if picture is None:
            raise UnknownHearing(hearing=f"{id_}/{n}/{place}")
        return bytes(picture)

    async def _list_own(self, about: Any, organisation: str | None) -> list[Hearing]:
        hearings = schema.hearings
        query = select(hearings).where(about)
        if organisation is not None:
            query = query.where(hearings.c.organisation == organisation)
        return await self._list(query.order_by(hearings.c.told_at.desc()).limit(MOST_SHOWN))

    async def _list(self, query: Any) -> list[Hearing]:
        async with self._store.read() as connection:
            return [hearing_from_row(row) for row in (await connection.execute(query)).mappings()]


async def tell_decision(
    connection: AsyncConnection,
    alert: int,
    state: AlertState,
    *,
    cause: str | None,
    text: str,
    actor: str,
    at: int,
) -> None:
    """Tell the parties of a case that it was confirmed or dismissed, or is investigated again.

    Inside the transaction of the decision. Closing tells nothing: the decision was told.
    """
    if state is AlertState.CLOSED:
        return
    hearings, messages = schema.hearings, schema.hearing_messages
    found = await connection.execute(
        select(hearings).where(hearings.c.alert == alert).order_by(hearings.c.id)
    )
    for row in found.mappings().all():
        known = hearing_from_row(row)
        if state is AlertState.INVESTIGATING and known.state is not HearingState.DECIDED:
            continue
        has_answer = await connection.scalar(
            select(func.count()).where(messages.c.hearing == known.id, messages.c.what == "answer")
        )
        open_again = HearingState.ANSWERED if has_answer else HearingState.ASKED
        await _append(
            connection,
            known.id,
            at=at,
            actor=actor,
            what="decision",
            text=text,
            state=state,
            cause=cause,
        )
        is_open = state is AlertState.INVESTIGATING
        await _set(
            connection,
            known.id,
            state=open_again if is_open else HearingState.DECIDED,
            updated_at=at,
            due_at=None,
        )
        await _record(
            connection, "decision", known.id, at, actor, alert=alert, state=state, cause=cause
        )


async def _ask(
    connection: AsyncConnection,
    alert: int,
    party: CaseParty,
    text: str,
    actor: str,
    due_at: int | None,
    at: int,
) -> Hearing:
    hearings = schema.hearings
    found = await connection.execute(
        select(hearings.c.id).where(
            hearings.c.alert == alert, hearings.c.organisation == party.organisation
        )
    )
    id_ = found.scalar_one_or_none()
    if id_ is None:
        id_ = secrets.token_hex(6)
        await connection.execute(
            insert(hearings).values(
                id=id_,
                alert=alert,
                organisation=party.organisation,
                part=party.part,
                batch=party.batch,
                lo=party.lo,
                hi=party.hi,
                lot=party.lot,
                stamps=party.stamps,
                state=HearingState.ASKED,
                told_at=at,
                updated_at=at,
                due_at=due_at,
            )
        )
    else:
        last = await _get_last(connection, id_)
        if last is not None and (last.what, last.actor, last.text, last.due_at) == (
            "question",
            actor,
            text,
            due_at,
        ):
            return await _get(connection, id_)
        await _set(connection, id_, state=HearingState.ASKED, updated_at=at, due_at=due_at)
    await _append(connection, id_, at=at, actor=actor, what="question", text=text, due_at=due_at)
    await _record(
        connection,
        "ask",
        id_,
        at,
        actor,
        alert=alert,
        organisation=party.organisation,
        text=text,
        due_at=due_at,
    )
    return await _get(connection, id_)


async def _append(connection: AsyncConnection, hearing: str, **cells: Any) -> int:
    messages = schema.hearing_messages
    last = select(func.coalesce(func.max(messages.c.n), 0)).where(messages.c.hearing == hearing)
    n = int(await connection.scalar(last) or 0) + 1
    await connection.execute(insert(messages).values(hearing=hearing, n=n, **cells))
    return n


async def _set(connection: AsyncConnection, id_: str, **cells: Any) -> None:
    hearings = schema.hearings
    await connection.execute(update(hearings).where(hearings.c.id == id_).values(**cells))


async def _record(
    connection: AsyncConnection, act: str, id_: str, at: int, actor: str, **details: Any
) -> None:
    await record_audit(
        connection,
        at=at,
        actor=actor,
        action=f"hearing.{act}",
        subject=f"hearings:{id_}",
        details=details,
    )


async def _get(connection: AsyncConnection, id_: str) -> Hearing:
    hearings = schema.hearings
    found = await connection.execute(select(hearings).where(hearings.c.id == id_))
    row = found.mappings().one_or_none()
    if row is None:
        raise UnknownHearing(hearing=id_)
    return hearing_from_row(row)


async def _get_last(connection: AsyncConnection, id_: str) -> HearingMessage | None:
    messages = schema.hearing_messages
    query = select(messages).where(messages.c.hearing == id_).order_by(messages.c.n.desc())
    row = (await connection.execute(query.limit(1))).mappings().one_or_none()
    return None if row is None else _read_message(row)


async def _list_digests(connection: AsyncConnection, id_: str, n: int) -> list[str]:
    photos = schema.hearing_photos.c
    query = select(photos.sha256).where(photos.hearing == id_, photos.n == n)
    return list(await connection.scalars(query.order_by(photos.place)))


def _read_message(row: Any) -> HearingMessage:
    values = {name: cell for name, cell in row.items() if name != "hearing"}
    state = values["state"]
    return HearingMessage(**{**values, "state": None if state is None else AlertState(state)})
