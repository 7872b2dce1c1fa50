"""Capture: a document of EPCIS events is taken in at once and recorded in the background.

The sender's answer means that the document is durable. `CaptureRunner` records it, also after the
process was killed: it begins where the last transaction ended. Events are read in a thread, some at
a time, so requests are answered meanwhile.
"""

import asyncio
import secrets
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

import orjson
import structlog

from ledger import Ledger
from ledger.errors import CaptureLost, UnknownRow
from ledger.record.epcis_captures import MOST_ERRORS, Capture, CaptureBehaviour, CaptureStep
from ledger.record.epcis_events import NewEvent
from ledger.storage.storage_errors import StorageFailed
from services.context import ServiceContext
from services.paging import Page, PageRequest
from services.permissions import Permission, require_permission
from services.record.event_record import make_new_event, require_organisation
from services.scope import lot_scope
from stamps.errors import VeritemError
from traceability.epcis.event_reader import (
    EventReader,
    MalformedEvent,
    check_header,
    find_events,
)
from traceability.lot_rules import CLOCK_TOLERANCE_MS
from web.control_characters import check_json
from web.text_files import convert_to_utf8

MOST_EVENTS: Final = 10_000
"""Events of one document."""
MOST_BYTES: Final = 16_000_000
"""Bytes of one document."""
MOST_KEYS: Final = 100_000
"""Identifiers of one document that is recorded in one transaction."""
_PART: Final = 250
"""Events of one transaction, and of one turn of the thread: others write in between."""
_SHOWN: Final = 400
"""Characters of a description that are kept."""
_LEASE_MS: Final = 120_000
_IDLE_SECONDS: Final = 2.0
"""Longest time until a capture is found that another process left."""
_TROUBLE_SECONDS: Final = 5.0
_DELETE_EVERY: Final = 300
"""Idle turns between deletions of old captures."""

_log = structlog.get_logger(__name__)


async def add_capture(
    context: ServiceContext, content: bytes, behaviour: CaptureBehaviour
) -> Capture:
    """Take in a document for the actor's organisation; it is recorded in the background.

    Raises `Forbidden`, `InvalidInput`, `CapturesFull`, and `MalformedEvent` for what is no document
    of events.
    """
    organisation = await check_room(context)
    count, stored = await asyncio.to_thread(_check_document, content)
    capture = Capture(
        id=secrets.token_hex(12),
        organisation=organisation,
        actor=context.actor.id,
        behaviour=behaviour,
        created_at=context.clock(),
        events=count,
    )
    return await context.ledger.epcis_captures.add(capture, stored)


async def check_room(context: ServiceContext) -> str:
    """The actor's organisation, if it may send a document now.

    Raises `Forbidden`, `InvalidInput`, `CapturesFull`.
    """
    organisation = require_organisation(context)
    await context.ledger.epcis_captures.check_room(organisation)
    return organisation


def _check_document(content: bytes) -> tuple[int, bytes]:
    """How many events a document has, and how it is stored."""
    content = convert_to_utf8(content)
    check_json(content)
    document = parse_document(content)
    events = find_events(document, MOST_EVENTS)
    check_header(document)
    EventReader.open(document, 0)
    return len(events), zlib.compress(content, 1)


def parse_document(content: bytes) -> Mapping[str, Any]:
    """The JSON object of a document. Raises `MalformedEvent`."""
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        why = f"is not JSON: {error}"
        if content.lstrip()[:1] == b"<":
            why = "is XML, which is not read here: send JSON or JSON-LD"
        raise MalformedEvent(number=0, field="document", why=why) from None
    if not isinstance(document, Mapping):
        why = "is no JSON object: send an EPCISDocument with the events in epcisBody.eventList"
        raise MalformedEvent(number=0, field="document", why=why)
    return document


async def list_captures(context: ServiceContext, request: PageRequest) -> Page[Capture]:
    """The captures of the actor's organisation, the newest first. Raises `Forbidden`."""
    require_permission(context, Permission.EVENT_SEE)
    rows = await context.ledger.epcis_captures.find_page(
        _get_organisation(context), after=request.key(int, str), limit=request.limit + 1
    )
    return request.make_page(rows, lambda one: (one.created_at, one.id))


async def get_capture(context: ServiceContext, id_: str) -> Capture:
    """A capture of the actor's organisation. Raises `Forbidden`, `UnknownRow`."""
    require_permission(context, Permission.EVENT_SEE)
    found = await context.ledger.epcis_captures.find_page(
        _get_organisation(context), id_=id_, limit=1
    )
    if not found:
        raise UnknownRow(kind="capture", id=id_)
    return found[0]


def _get_organisation(context: ServiceContext) -> str:
    """The organisation whose captures an actor sees: its own, also where it sees all events."""
    return lot_scope(context.actor).organisation or context.actor.organisation or ""


class CaptureRunner:
    """Records captures until it is cancelled, one after another."""

    def __init__(self, ledger: Ledger, clock: Callable[[], int]) -> None:
        self._ledger = ledger
        self._clock = clock
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Look for a capture now."""
        self._woken.set()

    async def run(self) -> None:
        """Record what waits, again and again."""
        idle = 0
        while True:
            seconds = _IDLE_SECONDS
            try:
                while await self.work_once():
                    pass
                if idle % _DELETE_EVERY == 0:
                    await self._ledger.epcis_captures.delete_old()
                    while await self._ledger.epcis_captures.delete_left_over():
                        pass
                idle += 1
            except VeritemError as error:
                _log.warning("captures wait", why=str(error))
                seconds = _TROUBLE_SECONDS
            try:
                await asyncio.wait_for(self._woken.wait(), seconds)
            except TimeoutError:
                continue
            self._woken.clear()

    async def work_once(self) -> bool:
        """Record the oldest capture that waits; return whether there was one."""
        leased = await self._ledger.epcis_captures.lease(_LEASE_MS)
        if leased is None:
            return False
        capture, stored = leased
        document = await asyncio.to_thread(lambda: orjson.loads(zlib.decompress(stored)))
        work = _CaptureWork(self._ledger, capture, document)
        try:
            await work.run()
        except CaptureLost as lost:
            _log.warning("capture lost", why=str(lost))
        except StorageFailed:
            with suppress(StorageFailed):  # where it fails too, the lease ends by itself
                await self._ledger.epcis_captures.release(work.capture)
            raise
        return True


class _CaptureWork:
    """Records one capture."""

    def __init__(self, ledger: Ledger, capture: Capture, document: Mapping[str, Any]) -> None:
        self._ledger = ledger
        self.capture = capture
        self._events = find_events(document, MOST_EVENTS)
        # The time of its arrival: a worker that begins again judges as the first one did.
        latest = capture.created_at + CLOCK_TOLERANCE_MS
        self._reader = EventReader.open(document, latest, takes_any_id=True)
        self._first_of_id = _find_repeated_ids(self._events)

    async def run(self) -> None:
        if self.capture.behaviour == "proceed" or len(self._events) <= _PART:
            await self._record_parts()
        else:
            await self._record_whole()

    async def _record_whole(self) -> None:
        """Stage the parts, and record all of them at once if no event is wrong."""
        ledger = self._ledger.epcis_captures
        self.capture = await ledger.unstage(self.capture, lease_ms=_LEASE_MS)
        errors: list[Mapping[str, Any]] = []
        keys = 0
        for start in range(0, len(self._events), _PART):
            events, refused = await asyncio.to_thread(self._read_part, start)
            errors += refused
            keys += sum(len(one.keys) for one in events)
            if not errors and keys <= MOST_KEYS:
                self.capture = await ledger.stage(self.capture, events, lease_ms=_LEASE_MS)
        if keys > MOST_KEYS:
            why = f"names {keys} identifiers, more than {MOST_KEYS}; send it in parts"
            too_many = MalformedEvent(number=0, field="eventList", why=why)
            errors.append(_describe_refusal(too_many))
        if errors:
            await self._record([], errors, len(self._events))
        else:
            self.capture = await ledger.record_staged(self.capture)
        while await ledger.delete_left_over():
            pass

    async def _record_parts(self) -> None:
        while self.capture.state == "waiting":
            start = self.capture.position
            events, errors = await asyncio.to_thread(self._read_part, start)
            # A part that is the whole of a document with a wrong event is not recorded.
            kept = [] if errors and self.capture.behaviour == "rollback" else events
            await self._record(kept, errors, min(start + _PART, len(self._events)))

    def _read_part(self, start: int) -> tuple[list[NewEvent], list[Mapping[str, Any]]]:
        events: list[NewEvent] = []
        errors: list[Mapping[str, Any]] = []
        for number, raw in enumerate(self._events[start : start + _PART], start=start + 1):
            try:
                read = self._reader.read(number, raw)
                self._check_id(number, raw.get("eventID"), read.id)
                events.append(make_new_event(read))
            except MalformedEvent as refusal:
                errors.append(_describe_refusal(refusal))
        return events, errors

    def _check_id(self, number: int, stated: Any, id_: str) -> None:
        """Refuse the id of an event before it in the document that says something else."""
        first = self._first_of_id.get(stated) if isinstance(stated, str) else None
        if first is None or first >= number:
            return
        try:
            is_same = self._reader.read(first, self._events[first - 1]).id == id_
        except MalformedEvent:
            return
        if not is_same:
            why = (
                f"is that of event {first - 1}, which differs: give each event an id of its own, "
                "or leave eventID out"
            )
            raise MalformedEvent(number=number, field="eventID", why=why)

    async def _record(
        self, events: Sequence[NewEvent], errors: Sequence[Mapping[str, Any]], position: int
    ) -> None:
        step = CaptureStep(
            events=events,
            errors=errors[:MOST_ERRORS],
            refused=len(errors),
            position=position,
            is_last=position >= len(self._events),
        )
        self.capture = await self._ledger.epcis_captures.record(
            self.capture, step, lease_ms=_LEASE_MS
        )


def _find_repeated_ids(events: Sequence[Any]) -> Mapping[str, int]:
    """The number of the first event of each id that several events of a document state."""
    first: dict[str, int] = {}
    repeated = set()
    for number, raw in enumerate(events, start=1):
        stated = raw.get("eventID") if isinstance(raw, Mapping) else None
        if isinstance(stated, str) and first.setdefault(stated, number) != number:
            repeated.add(stated)
    return {stated: first[stated] for stated in repeated}


def _describe_refusal(refusal: MalformedEvent) -> dict[str, Any]:
    why = refusal.why if refusal.field == "event" else f"{refusal.field} {refusal.why}"
    return {
        "index": max(refusal.number - 1, 0),
        "path": refusal.find_pointer()[:_SHOWN],
        "why": why[:_SHOWN],
    }
