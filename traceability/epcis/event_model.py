"""Fields of EPCIS 2.0 events, as JSON binding and section 7.4 of the standard have them.

A field that the standard does not know is refused unless its name has a prefix of the document's
context: a misspelt field would otherwise be lost without a word.
"""

# ruff: noqa: N815 - the names are the standard's

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from traceability.epcis.flaw_texts import suggest
from traceability.epcis.identifiers import find_wrong_check_digit
from traceability.epcis.vocabulary import (
    BUSINESS_STEPS,
    DISPOSITIONS,
    ERROR_REASONS,
    PARTY_TYPES,
    TRANSACTION_TYPES,
    Vocabulary,
    check_word,
)

MAX_IDENTIFIERS: Final = 1000
"""Identifiers in one list of an event."""
_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s\x00-\x1f\x7f<>\"{}|\\^`]+")
"""RFC 3986, with letters of every script: hosts and people write addresses with them."""
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_PREFIXED: Final = re.compile(r"[A-Za-z][\w.-]*:[\w.-]+")

EventType = Literal[
    "ObjectEvent",
    "AggregationEvent",
    "TransactionEvent",
    "TransformationEvent",
    "AssociationEvent",
]


def _check_uri(text: str) -> str:
    if not _URI.fullmatch(text):
        like = (
            "https://id.gs1.org/01/08935000000014/21/7" if text.isdigit() else "https://… or urn:…"
        )
        raise ValueError(f"is not a URI: write it as {like}")
    if flaw := find_wrong_check_digit(text):
        raise ValueError(flaw)
    return text


def check_time(text: str) -> str:
    """Return a time as it is. Raises ValueError for what is no date-time of RFC 3339."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"is no time; write it as {_EXAMPLE}") from None
    if at.tzinfo is None:
        raise ValueError(f"names no time zone; write it as {_EXAMPLE}")
    if not _TIME.fullmatch(text):
        raise ValueError(f"is no time of RFC 3339; write it as {_EXAMPLE}")
    return text


_EXAMPLE: Final = "2026-09-12T09:15:00+07:00"


Uri = Annotated[str, StringConstraints(max_length=500), AfterValidator(_check_uri)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[!-~]+$")]
"""A word of a vocabulary, bare or as URI."""


def _check_word(vocabulary: Vocabulary) -> Callable[[str], str]:
    def check(text: str) -> str:
        check_word(text, vocabulary)
        return text  # as it was told; `check_word` gives the form that events are found by

    return check


BusinessStep = Annotated[Word, AfterValidator(_check_word(BUSINESS_STEPS))]
Disposition = Annotated[Word, AfterValidator(_check_word(DISPOSITIONS))]
TransactionType = Annotated[Word, AfterValidator(_check_word(TRANSACTION_TYPES))]
PartyType = Annotated[Word, AfterValidator(_check_word(PARTY_TYPES))]
ErrorReason = Annotated[Word, AfterValidator(_check_word(ERROR_REASONS))]
Unit = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{2,3}$")]
"""A unit of UN/ECE recommendation 20: `KGM`."""
Time = Annotated[str, StringConstraints(max_length=40), AfterValidator(check_time)]


class EventPart(BaseModel):
    """An object within an event; fields with a prefix are those of users."""

    model_config = ConfigDict(extra="allow", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _refuse_null(cls, told: Any) -> Any:
        if isinstance(told, Mapping):
            for name in cls.model_fields:
                if name in told and told[name] is None:
                    raise ValueError(f"{name} is null: leave the field out")
        return told

    @model_validator(mode="after")
    def _refuse_unknown_fields(self) -> Self:
        for name in self.model_extra or ():
            if not _PREFIXED.fullmatch(name) and name != "rdfs:comment":
                meant = suggest(name, type(self).model_fields)
                raise ValueError(f"{name[:100]} is no field of EPCIS 2.0 and has no prefix{meant}")
        return self


class Quantity(EventPart):
    """So much of a class."""

    epcClass: Uri
    quantity: Annotated[float, Field(ge=0, le=1e15, strict=True)] | None = None
    uom: Unit | None = None


class Location(EventPart):
    """A place by its id."""

    id: Uri


class BusinessTransaction(EventPart):
    """A document that an event belongs to."""

    type: TransactionType | None = None
    bizTransaction: Uri


class SourceParty(EventPart):
    """Where things come from."""

    type: PartyType
    source: Uri


class DestinationParty(EventPart):
    """Where things go to."""

    type: PartyType
    destination: Uri


class PersistentDisposition(EventPart):
    """Dispositions that hold until they are taken away."""

    set: Annotated[list[Disposition], Field(min_length=1, max_length=20)] | None = None
    unset: Annotated[list[Disposition], Field(min_length=1, max_length=20)] | None = None


class ErrorDeclaration(EventPart):
    """What declares an event to be wrong; the event itself stays."""

    declarationTime: Time
    reason: ErrorReason | None = None
    correctiveEventIDs: Annotated[list[Uri], Field(max_length=20)] | None = None


class SensorMetadata(EventPart):
    """What holds for all reports of a sensor element."""

    time: Time | None = None
    startTime: Time | None = None
    endTime: Time | None = None
    deviceID: Uri | None = None
    deviceMetadata: Uri | None = None
    rawData: Uri | None = None
    dataProcessingMethod: Uri | None = None
    bizRules: Uri | None = None


Number = Annotated[float, Field(strict=True)]


class SensorReport(EventPart):
    """One measurement, or what was computed from many."""

    type: Word | None = None
    exception: Word | None = None
    deviceID: Uri | None = None
    deviceMetadata: Uri | None = None
    rawData: Uri | None = None
    dataProcessingMethod: Uri | None = None
    bizRules: Uri | None = None
    time: Time | None = None
    microorganism: Uri | None = None
    chemicalSubstance: Uri | None = None
    coordinateReferenceSystem: Uri | None = None
    value: Number | None = None
    component: Word | None = None
    stringValue: Annotated[str, StringConstraints(max_length=2000)] | None = None
    booleanValue: Annotated[bool, Field(strict=True)] | None = None
    hexBinaryValue: Annotated[str, StringConstraints(pattern=r"^[0-9A-Fa-f]{1,4000}$")] | None = (
        None
    )
    uriValue: Uri | None = None
    minValue: Number | None = None
    maxValue: Number | None = None
    meanValue: Number | None = None
    sDev: Number | None = None
    percRank: Number | None = None
    percValue: Number | None = None
    uom: Annotated[str, StringConstraints(max_length=20)] | None = None

    @model_validator(mode="after")
    def _check_type(self) -> Self:
        if self.type is None and self.exception is None:
            raise ValueError("type is missing: what was measured, as Temperature")
        return self


class SensorElement(EventPart):
    """Measurements of sensors."""

    sensorMetadata: SensorMetadata | None = None
    sensorReport: Annotated[list[SensorReport], Field(min_length=1, max_length=500)]


Identifiers = Annotated[list[Uri], Field(max_length=MAX_IDENTIFIERS)]
Quantities = Annotated[list[Quantity], Field(max_length=MAX_IDENTIFIERS)]


class Event(EventPart):
    """One event of any type."""

    type: EventType
    eventTime: Time
    eventTimeZoneOffset: Annotated[str, Field(pattern=r"^[+-](0\d|1[0-4]):[0-5]\d$")]
    recordTime: Time | None = None
    eventID: Uri | None = None
    certificationInfo: Uri | Annotated[list[Uri], Field(max_length=20)] | None = None
    errorDeclaration: ErrorDeclaration | None = None
    action: Literal["ADD", "OBSERVE", "DELETE"] | None = None
    bizStep: BusinessStep | None = None
    disposition: Disposition | None = None
    persistentDisposition: PersistentDisposition | None = None
    parentID: Uri | None = None
    epcList: Identifiers | None = None
    childEPCs: Identifiers | None = None
    inputEPCList: Identifiers | None = None
    outputEPCList: Identifiers | None = None
    quantityList: Quantities | None = None
    childQuantityList: Quantities | None = None
    inputQuantityList: Quantities | None = None
    outputQuantityList: Quantities | None = None
    transformationID: Uri | None = None
    readPoint: Location | None = None
    bizLocation: Location | None = None
    bizTransactionList: Annotated[list[BusinessTransaction], Field(max_length=100)] | None = None
    sourceList: Annotated[list[SourceParty], Field(max_length=100)] | None = None
    destinationList: Annotated[list[DestinationParty], Field(max_length=100)] | None = None
    sensorElementList: Annotated[list[SensorElement], Field(max_length=100)] | None = None
    ilmd: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _check_fields_of_type(self) -> Self:
        allowed = ALLOWED[self.type]
        for name in sorted(_TYPED - allowed):
            if getattr(self, name):
                raise ValueError(f"{name} is no field of {self.type}")
        for names in _needed(self):
            if not any(getattr(self, name) for name in names):
                raise ValueError(f"{self.type} needs {' or '.join(names)}")
        for name in self.ilmd or ():
            if not _PREFIXED.fullmatch(name) and not _URI.fullmatch(name):
                raise ValueError(f"ilmd: {name[:100]} has no prefix")
        if self.ilmd and self.action not in (None, "ADD"):
            raise ValueError(
                f"ilmd is told where a thing begins, with action ADD, not {self.action}"
            )
        return self


_OBJECTS: Final = ("epcList", "quantityList")
_CHILDREN: Final = ("childEPCs", "childQuantityList")
_INPUTS: Final = ("inputEPCList", "inputQuantityList")
_OUTPUTS: Final = ("outputEPCList", "outputQuantityList")

ALLOWED: Final[Mapping[str, frozenset[str]]] = {
    "ObjectEvent": frozenset({"action", *_OBJECTS, "ilmd"}),
    "AggregationEvent": frozenset({"action", "parentID", *_CHILDREN}),
    "TransactionEvent": frozenset({"action", "parentID", *_OBJECTS}),
    "TransformationEvent": frozenset({"transformationID", *_INPUTS, *_OUTPUTS, "ilmd"}),
    "AssociationEvent": frozenset({"action", "parentID", *_CHILDREN}),
}
"""The fields of each type that not every type has."""
_TYPED: Final = frozenset().union(*ALLOWED.values())


def _needed(event: Event) -> list[Sequence[str]]:
    """For each need of an event's type, the fields of which one must be there."""
    match event.type:
        case "ObjectEvent":
            if event.sensorElementList and event.readPoint:  # what a place was like
                return [("action",)]
            return [("action",), _OBJECTS]
        case "TransactionEvent":
            return [("action",), ("bizTransactionList",), ("parentID", *_OBJECTS)]
        case "TransformationEvent":
            if event.transformationID:  # parts of one transformation may come apart
                return [(*_INPUTS, *_OUTPUTS)]
            return [_INPUTS, _OUTPUTS]
        case _:
            if event.action == "DELETE":  # all children leave their parent
                return [("action",), ("parentID",)]
            parent: list[Sequence[str]] = [("parentID",)] if event.action == "ADD" else []
            return [("action",), *parent, _CHILDREN]
