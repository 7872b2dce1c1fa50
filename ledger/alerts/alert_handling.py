"""Handling of alerts: notes with photos, and hand-overs. Both are events that nothing changes.

A note or hand-over, its photos and its entry in the audit log are written together or not at all.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.alerts.alert_record import Alert, AlertEvent, AlertState
from ledger.alerts.alert_rows import append_events, select_alert
from ledger.chains.chained_rows import record_audit
from ledger.errors import IllegalAlertDecision, UnknownRow
from ledger.storage.store import Store, uncancellable


class NotePhoto(NamedTuple):
    """A photo of a note, without its picture."""

    event: int
    """Number of the note among the events of the alert, from 1."""
    place: int
    """Place among the photos of the note, from 0."""
    sha256: str


class AlertHandling:
    """Notes, photos and hand-overs of the alerts of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    @uncancellable
    async def add_note(
        self,
        id_: int,
        note: str,
        *,
        actor: str,
        photos: Sequence[bytes] = (),
        at: int | None = None,
    ) -> Alert:
        """Add a note with photos (JPEG); the same note again as the last event changes nothing.

        Raises `UnknownAlert`.
        """
        at = self._clock() if at is None else at
        digests = [hashlib.sha256(photo).hexdigest() for photo in photos]
        async with self._store.write() as connection:
            known = await select_alert(connection, id_)
            event = _make_event(known, "note", at, actor, note)
            if await _is_repeated(connection, known, event, digests):
                return known
            await append_events(connection, [(id_, event)])
            n = len(known.history) + 1
            if photos:
                await connection.execute(
                    insert(schema.alert_photos),
                    [
                        {
                            "alert": id_,
                            "n": n,
                            "place": place,
                            "at": at,
                            "sha256": digest,
                            "picture": photo,
                        }
                        for place, (digest, photo) in enumerate(zip(digests, photos, strict=True))
                    ],
                )
            await self._mark_handled(connection, id_, at)
            await record_audit(
                connection,
                at=at,
                actor=actor,
                action="alert.note",
                subject=f"alerts:{id_}",
                details={"note": note, "photos": digests},
            )
            return await select_alert(connection, id_)

    @uncancellable
    async def hand_over(
        self,
        id_: int,
        owner: str,
        *,
        actor: str,
        due_at: int | None = None,
        note: str | None = None,
        at: int | None = None,
    ) -> Alert:
        """Give an alert to a person, with the time until when it should be decided.

        The same owner, time and note again change nothing. Raises `UnknownAlert`, and
        `IllegalAlertDecision` for a closed alert.
        """
        at = self._clock() if at is None else at
        async with self._store.write() as connection:
            known = await select_alert(connection, id_)
            if known.state is AlertState.CLOSED:
                raise IllegalAlertDecision(
                    state=known.state, wanted=known.state, why=": it is handed over to nobody"
                )
            if (known.owner, known.due_at) == (owner, due_at) and not note:
                return known
            event = replace(
                _make_event(known, "handover", at, actor, note), owner=owner, due_at=due_at
            )
            await append_events(connection, [(id_, event)])
            await self._mark_handled(connection, id_, at, owner=owner, due_at=due_at)
            await record_audit(
                connection,
                at=at,
                actor=actor,
                action="alert.handover",
                subject=f"alerts:{id_}",
                details={"owner": owner, "due_at": due_at, "note": note},
            )
            return await select_alert(connection, id_)

    async def get_photo(self, id_: int, n: int, place: int) -> bytes:
        """A photo (JPEG) of a note. Raises `UnknownRow`."""
        photos = schema.alert_photos.c
        query = select(photos.picture).where(
            photos.alert == id_, photos.n == n, photos.place == place
        )
        async with self._store.read() as connection:
            picture = await connection.scalar(query)
        if picture is None:
            raise UnknownRow(kind="photo", id=f"{id_}/{n}/{place}")
        return bytes(picture)

    async def list_photos(self, id_: int) -> list[NotePhoto]:
        """The photos of an alert's notes, in order."""
        photos = schema.alert_photos.c
        query = (
            select(photos.n, photos.place, photos.sha256)
            .where(photos.alert == id_)
            .order_by(photos.n, photos.place)
        )
        async with self._store.read() as connection:
            return [NotePhoto(*row) for row in await connection.execute(query)]

    async def _mark_handled(
        self, connection: AsyncConnection, id_: int, at: int, **more: object
    ) -> None:
        """Record that a person saw the evidence that there is."""
        alerts = schema.alerts
        await connection.execute(
            update(alerts).where(alerts.c.id == id_).values(updated_at=at, is_news=False, **more)
        )


def _make_event(known: Alert, what: str, at: int, actor: str, note: str | None) -> AlertEvent:
    return AlertEvent(
        at=at,
        actor=actor,
        what="note" if what == "note" else "handover",
        state=known.state,
        cause=None,
        note=note,
        score=known.score,
        reasons=(),
        scans=(),
    )


async def _is_repeated(
    connection: AsyncConnection, known: Alert, event: AlertEvent, digests: Sequence[str]
) -> bool:
    """Whether the last event is this note with these photos: a form that was sent twice."""
    if not known.history:
        return False
    last = known.history[-1]
    if (last.what, last.actor, last.note) != (event.what, event.actor, event.note):
        return False
    photos = schema.alert_photos.c
    stored = await connection.scalars(
        select(photos.sha256)
        .where(photos.alert == known.id, photos.n == len(known.history))
        .order_by(photos.place)
    )
    return list(stored) == list(digests)
