"""Events that others send: checked, in one form, with their id and what they name.

An event is the same event whoever sends it how often: its id is the hash of its content
(`event_hash`). What declares it an error is a statement about it, kept beside it. Another id that
its sender gave it is a name that it is found by (`KeyPart.STATED_ID`), and no proof of anything.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from pydantic import ValidationError

from stamps.errors import VeritemError
from traceability.epcis.event_hash import PREFIXES, collect_prefixes, compute_event_hash
from traceability.epcis.event_model import ErrorDeclaration, Event, check_time
from traceability.epcis.flaw_texts import explain_flaw
from traceability.epcis.identifiers import normalize_identifier
from traceability.epcis.vocabulary import BUSINESS_STEPS, normalize_word

MAX_EVENTS: Final = 500
"""Events of one document."""
MAX_KEYS: Final = 10_000
"""Identifiers of one document."""
_MAX_DEPTH: Final = 10
_MAX_PREFIXES: Final = 20
_SHOWN: Final = 100
"""Characters that are shown of a name that was sent."""
_EARLIEST: Final = 0
_LATEST: Final = 4_102_444_800_000
"""2100: a later year is a slip of the keys."""
_HEADER: Final = {
    "@context": '["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"]',
    "type": "EPCISDocument",
    "schemaVersion": "2.0",
    "creationDate": "when the document was made, as 2026-09-12T09:15:00+07:00",
}
_HEADER_TEXTS: Final = ("id", "sender", "receiver", "instanceIdentifier")
_NOT_KEPT: Final = ("@context", "eventID", "recordTime", "errorDeclaration")
_MAY_BE_REDEFINED: Final = frozenset({"cbvmda"})
"""The prefix of attributes in `ilmd`: no field of the standard and no word has it."""
_ID_START: Final = "ni:///sha-256;"
_ID_END: Final = "?ver=CBV2.0"


class MalformedEvent(VeritemError):
    """What was sent is no EPCIS event: which one of its document, counted from 1, and why."""

    code = "malformed-event"
    message = "event {number}: {field}: {why}"

    def find_pointer(self) -> str:
        """Where in the document the flaw is, as JSON pointer (RFC 6901).

        >>> MalformedEvent(number=3, field="epcList.1", why="").find_pointer()
        '/epcisBody/eventList/2/epcList/1'
        >>> MalformedEvent(number=0, field="@context", why="").find_pointer()
        '/@context'
        """
        if not self.number:
            return "/epcisBody/eventList" if self.field == "eventList" else f"/{self.field}"
        path = "" if self.field == "event" else "/" + self.field.replace(".", "/")
        return f"/epcisBody/eventList/{self.number - 1}{path}"


class KeyPart(StrEnum):
    """The part that what an event names has in it."""

    ITEM = "item"
    PARENT = "parent"
    INPUT = "input"
    OUTPUT = "output"
    LOCATION = "location"
    READ_POINT = "read_point"
    TRANSFORMATION = "transformation"
    """What joins the parts of a transformation that are told apart."""
    PARTY = "party"
    """Where things come from or go to."""
    STATED_ID = "stated_id"


ITEM_PARTS: Final = (KeyPart.ITEM, KeyPart.PARENT, KeyPart.INPUT, KeyPart.OUTPUT)
TRACE_PARTS: Final = (*ITEM_PARTS, KeyPart.TRANSFORMATION)
PLACE_PARTS: Final = (KeyPart.LOCATION, KeyPart.READ_POINT)

_LISTS: Final[Mapping[str, KeyPart]] = {
    "epcList": KeyPart.ITEM,
    "childEPCs": KeyPart.ITEM,
    "inputEPCList": KeyPart.INPUT,
    "outputEPCList": KeyPart.OUTPUT,
    "quantityList": KeyPart.ITEM,
    "childQuantityList": KeyPart.ITEM,
    "inputQuantityList": KeyPart.INPUT,
    "outputQuantityList": KeyPart.OUTPUT,
}


@dataclass(frozen=True, slots=True)
class ReadEvent:
    """An event as it is kept."""

    id: str
    """SHA-256 of its content, 64 hexadecimal digits; `format_event_id` makes the URI."""
    type: str
    at: int
    """When it happened (ms, UTC)."""
    step: str | None
    body: Mapping[str, Any]
    """Its fields, without those that its hash leaves out."""
    prefixes: Mapping[str, str]
    """Prefixes of its fields that the standard does not define."""
    keys: frozenset[tuple[KeyPart, str]]
    """What it names, in canonical form."""
    error: Mapping[str, Any] | None = None
    """What declares it an error."""
    stated_id: str | None = None
    """The id that its sender gave it, where that is not its hash."""


def format_event_id(id_: str) -> str:
    """The id of an event as CBV 2.0 writes it.

    >>> format_event_id("0" * 64)[:22]
    'ni:///sha-256;00000000'
    """
    return f"{_ID_START}{id_}{_ID_END}"


def parse_event_id(text: str) -> str | None:
    """The 64 digits of an event id, given as URI or alone; None for any other text.

    >>> parse_event_id(format_event_id("a" * 64)) == parse_event_id("A" * 64) == "a" * 64
    True
    """
    text = text.strip()
    digits = text.removeprefix(_ID_START).removesuffix(_ID_END).lower()
    return digits if len(digits) == 64 and not set(digits) - set("0123456789abcdef") else None


def normalize_key(text: str) -> str:
    """An identifier as events are found by it: a GS1 one in its canonical form."""
    return normalize_identifier(text.strip()) or text.strip()


def read_events(document: Mapping[str, Any], latest: int) -> list[ReadEvent]:
    """The events of an EPCIS document in JSON-LD; nothing of it happened after `latest` (ms).

    Raises `MalformedEvent`; its number is 0 where the document itself is wrong.
    """
    reader = EventReader.open(document, latest)
    read, keys = [], 0
    for number, raw in enumerate(find_events(document, MAX_EVENTS), start=1):
        event = reader.read(number, raw)
        keys += len(event.keys)
        if keys > MAX_KEYS:
            raise MalformedEvent(
                number=number, field="eventList", why=f"names more than {MAX_KEYS} identifiers"
            )
        read.append(event)
    return read


def find_events(document: Mapping[str, Any], most: int) -> Sequence[Any]:
    """The events of a document, or of the answer to a query, as they were sent; one at least.

    Raises `MalformedEvent`.
    """
    body = document.get("epcisBody")
    if not isinstance(body, Mapping):
        why = "is missing: send an EPCISDocument with the events in epcisBody.eventList"
        if "eventTime" in document:
            why = f"{why}; one event alone is sent to /epcis/events"
        raise MalformedEvent(number=0, field="epcisBody", why=why)
    if isinstance(results := body.get("queryResults"), Mapping):
        body = results.get("resultsBody")
    events = body.get("eventList") if isinstance(body, Mapping) else None
    if not isinstance(events, list) or not events:
        raise MalformedEvent(number=0, field="eventList", why="has no event")
    if len(events) > most:
        raise MalformedEvent(number=0, field="eventList", why=f"has more than {most} events")
    return events


def check_header(document: Mapping[str, Any]) -> None:
    """Refuse a document whose header the standard's schema refuses. Raises `MalformedEvent`."""
    for name, example in _HEADER.items():
        if name not in document:
            raise MalformedEvent(number=0, field=name, why=f"is missing: {example}")
    if document["type"] not in ("EPCISDocument", "EPCISQueryDocument"):
        raise MalformedEvent(
            number=0, field="type", why="is EPCISDocument, or EPCISQueryDocument for an answer"
        )
    if not re.fullmatch(r"2(\.\d{1,3}){0,2}", str(document["schemaVersion"])):
        raise MalformedEvent(
            number=0, field="schemaVersion", why="is 2.0; other versions are not read"
        )
    for name in _HEADER_TEXTS:
        if not isinstance(document.get(name, ""), str):
            raise MalformedEvent(number=0, field=name, why="is a text")
    try:
        check_time(str(document["creationDate"]))
    except ValueError as wrong:
        raise MalformedEvent(number=0, field="creationDate", why=str(wrong)) from None


@dataclass(frozen=True, slots=True)
class EventReader:
    """Reads the events of one document, one at a time."""

    prefixes: Mapping[str, str]
    """Prefixes of the document's context."""
    latest: int
    """The last time at which an event may have happened (ms)."""
    takes_any_id: bool = False
    """Whether an id may be the hash of other content; it is then kept as a name that was stated.

    The ids of many published documents were computed by drafts of the standard.
    """

    @classmethod
    def open(
        cls, document: Mapping[str, Any], latest: int, *, takes_any_id: bool = False
    ) -> "EventReader":
        """The reader of a document's events. Raises `MalformedEvent`."""
        context = document.get("@context", ())
        return cls(_read_prefixes(context, 0), latest, takes_any_id)

    def read(self, number: int, raw: Any) -> ReadEvent:
        """An event as it is kept; `number` is its place in the document, from 1.

        Raises `MalformedEvent`.
        """
        if not isinstance(raw, Mapping):
            raise MalformedEvent(number=number, field="event", why="is no object")
        _check_depth(number, raw)
        prefixes = self.prefixes
        if "@context" in raw:
            prefixes = {**prefixes, **_read_prefixes(raw["@context"], number)}
        kept = {name: value for name, value in raw.items() if name != "@context"}
        event = _validate(number, kept)
        used = _find_prefixes(number, kept, prefixes)
        at = _read_time(number, "eventTime", event.eventTime, self.latest)
        error = _read_error(number, event.errorDeclaration, self.latest)
        try:
            uri = compute_event_hash(kept, prefixes)
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as wrong:
            raise MalformedEvent(
                number=number, field="event", why=f"has no hash: {wrong}"
            ) from None
        stated = event.eventID if event.eventID not in (None, uri) else None
        if stated is not None and not self.takes_any_id and parse_event_id(stated) is not None:
            raise MalformedEvent(
                number=number, field="eventID", why=f"is not the hash of the event, which is {uri}"
            )
        return ReadEvent(
            id=_get_digits(uri),
            type=event.type,
            at=at,
            step=event.bizStep and normalize_word(event.bizStep, BUSINESS_STEPS),
            body={name: value for name, value in kept.items() if name not in _NOT_KEPT},
            prefixes=used,
            keys=frozenset(_list_keys(event, stated)),
            error=error,
            stated_id=stated,
        )


def _read_prefixes(context: Any, number: int) -> dict[str, str]:
    if not isinstance(context, list | tuple | Mapping | str):
        raise MalformedEvent(number=number, field="@context", why="is no JSON-LD context")
    prefixes = collect_prefixes(context)
    own = {name: text for name, text in prefixes.items() if PREFIXES.get(name) != text}
    if redefined := sorted(own.keys() & (PREFIXES.keys() - _MAY_BE_REDEFINED)):
        raise MalformedEvent(
            number=number, field="@context", why=f"defines {redefined[0]} otherwise than EPCIS 2.0"
        )
    if len(own) > _MAX_PREFIXES or any(len(name + text) > 300 for name, text in own.items()):
        raise MalformedEvent(number=number, field="@context", why="has too many or long prefixes")
    return prefixes


def _validate(number: int, kept: Mapping[str, Any]) -> Event:
    try:
        return Event.model_validate(kept)
    except ValidationError as error:
        [first, *_] = error.errors(include_url=False)
        field = ".".join(str(one) for one in first["loc"]) or "event"
        raise MalformedEvent(number=number, field=field, why=explain_flaw(first)) from None


def _get_digits(uri: str) -> str:
    return uri.removeprefix(_ID_START).removesuffix(_ID_END)


def _check_depth(number: int, value: Any, depth: int = 0) -> None:
    if depth > _MAX_DEPTH:
        raise MalformedEvent(number=number, field="event", why="is nested too deeply")
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        raise MalformedEvent(number=number, field="event", why="has a number that is too large")
    inner = value.values() if isinstance(value, Mapping) else value
    if isinstance(inner, list) or isinstance(value, Mapping):
        for one in inner:
            _check_depth(number, one, depth + 1)


def _find_prefixes(
    number: int, kept: Mapping[str, Any], prefixes: Mapping[str, str]
) -> dict[str, str]:
    """The prefixes of users in an event. Raises `MalformedEvent` for a field without its prefix."""
    used = {}
    for name in _list_names(kept):
        prefix, separator, rest = name.partition(":")
        if not separator or rest.startswith("//") or _is_standard(prefix, prefixes):
            continue
        if prefix not in prefixes:
            raise MalformedEvent(
                number=number,
                field=name[:_SHOWN],
                why=f"@context does not define the prefix {prefix[:_SHOWN]}",
            )
        used[prefix] = prefixes[prefix]
    for text in _list_texts(kept):
        prefix = text.partition(":")[0]
        if prefix in prefixes and not _is_standard(prefix, prefixes):
            used[prefix] = prefixes[prefix]
    return used


def _is_standard(prefix: str, prefixes: Mapping[str, str]) -> bool:
    return prefix in PREFIXES and prefixes.get(prefix) == PREFIXES[prefix]


def _list_names(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield name
            yield from _list_names(inner)
    elif isinstance(value, list):
        for one in value:
            yield from _list_names(one)


def _list_texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for one in value.values() if isinstance(value, Mapping) else value:
            yield from _list_texts(one)


def _read_time(number: int, field: str, text: str, latest: int) -> int:
    try:
        ms = round(datetime.fromisoformat(text).timestamp() * 1000)
    except (ValueError, OverflowError):
        raise MalformedEvent(number=number, field=field, why="is no time (RFC 3339)") from None
    if not _EARLIEST <= ms <= _LATEST:
        raise MalformedEvent(number=number, field=field, why="is not between 1970 and 2100")
    if ms > latest:
        raise MalformedEvent(number=number, field=field, why="has not come yet")
    return ms


def _read_error(
    number: int, declared: ErrorDeclaration | None, latest: int
) -> dict[str, Any] | None:
    if declared is None:
        return None
    _read_time(number, "errorDeclaration.declarationTime", declared.declarationTime, latest)
    return declared.model_dump(mode="json", exclude_none=True)


def _list_keys(event: Event, stated: str | None) -> Iterator[tuple[KeyPart, str]]:
    if stated is not None:
        yield KeyPart.STATED_ID, stated
    for field, part in _LISTS.items():
        for one in getattr(event, field) or ():
            yield part, normalize_key(one if isinstance(one, str) else one.epcClass)
    if event.parentID is not None:
        yield KeyPart.PARENT, normalize_key(event.parentID)
    if event.bizLocation is not None:
        yield KeyPart.LOCATION, normalize_key(event.bizLocation.id)
    if event.readPoint is not None:
        yield KeyPart.READ_POINT, normalize_key(event.readPoint.id)
    if event.transformationID is not None:
        yield KeyPart.TRANSFORMATION, normalize_key(event.transformationID)
    for source in event.sourceList or ():
        yield KeyPart.PARTY, normalize_key(source.source)
    for destination in event.destinationList or ():
        yield KeyPart.PARTY, normalize_key(destination.destination)
