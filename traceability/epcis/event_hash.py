"""EPCIS event hash: an id of an event that follows from its content alone.

CBV 2.0, section 8.9. The values of an event, in the order of the standard and each in one form, are
joined to the *pre-hash string*; its SHA-256 is the id, written as a `ni` URI (RFC 6920):

    ni:///sha-256;<64 hexadecimal digits>?ver=CBV2.0

`recordTime`, `eventID`, `errorDeclaration` and comments are left out. So two systems give one event
the same id, and one that is captured twice is found. The hash proves nothing about the author.

The reference implementation is https://github.com/RalphTro/epcis-event-hash-generator; the tests
compare both on its examples. Where it departs from the text of the standard in what no example
shows (a Boolean value, half a millisecond before a full second), this module follows the standard.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from traceability.epcis.identifiers import normalize_identifier

CBV: Final = "https://ref.gs1.org/cbv/"
GS1_VOCABULARY: Final = "https://gs1.org/voc/"

PREFIXES: Final[Mapping[str, str]] = {
    "cbv": CBV,
    "cbvmda": "urn:epcglobal:cbv:mda:",
    "epcis": "https://ref.gs1.org/epcis/",
    "gs1": GS1_VOCABULARY,
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
}
"""Prefixes of the standard's JSON-LD context, which every document may use."""

_OLD_VOCABULARIES: Final = (
    ("urn:epcglobal:cbv:bizstep:", f"{CBV}BizStep-"),
    ("urn:epcglobal:cbv:disp:", f"{CBV}Disp-"),
    ("urn:epcglobal:cbv:btt:", f"{CBV}BTT-"),
    ("urn:epcglobal:cbv:sdt:", f"{CBV}SDT-"),
    ("urn:epcglobal:cbv:er:", f"{CBV}ER-"),
)
"""Rule 14: vocabularies that CBV 1 wrote as URN."""

_COMMENTS: Final = frozenset(("rdfs:comment", "comment", "#text"))
_NOT_HASHED: Final = frozenset(("type", "recordTime", "eventID", "errorDeclaration"))


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the standard: how its value is written."""

    name: str
    item: str = ""
    """The name before each element of a list; empty where an element repeats the field's name."""
    fields: Sequence["Field"] = ()
    """The fields of a value that is an object, in order."""
    words: str = ""
    """Vocabulary of a bare word, which stands before it."""
    is_time: bool = False


def _times(*names: str) -> tuple[Field, ...]:
    return tuple(Field(name, is_time=True) for name in names)


def _plain(*names: str) -> tuple[Field, ...]:
    return tuple(map(Field, names))


_QUANTITY: Final = _plain("epcClass", "quantity", "uom")
_ID: Final = _plain("id")
_DEVICE: Final = _plain("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod")
_SENSOR_METADATA: Final = (
    *_times("time", "startTime", "endTime"),
    *_DEVICE,
    Field("bizRules"),
)
_SENSOR_REPORT: Final = (
    Field("type", words=GS1_VOCABULARY),
    Field("exception", words=GS1_VOCABULARY),
    *_DEVICE,
    *_times("time"),
    *_plain("microorganism", "chemicalSubstance", "value"),
    Field("component", words=f"{CBV}Comp-"),
    *_plain("stringValue", "booleanValue", "hexBinaryValue", "uriValue", "minValue", "maxValue"),
    *_plain("meanValue", "sDev", "percRank", "percValue", "uom", "coordinateReferenceSystem"),
)
_DISPOSITION: Final = f"{CBV}Disp-"

ORDER: Final = (
    *_times("eventTime"),
    *_plain("eventTimeZoneOffset", "certificationInfo", "parentID"),
    Field("epcList", item="epc"),
    Field("inputEPCList", item="epc"),
    Field("childEPCs", item="epc"),
    Field("quantityList", item="quantityElement", fields=_QUANTITY),
    Field("childQuantityList", item="quantityElement", fields=_QUANTITY),
    Field("inputQuantityList", item="quantityElement", fields=_QUANTITY),
    Field("outputEPCList", item="epc"),
    Field("outputQuantityList", item="quantityElement", fields=_QUANTITY),
    *_plain("action", "transformationID"),
    Field("bizStep", words=f"{CBV}BizStep-"),
    Field("disposition", words=_DISPOSITION),
    Field(
        "persistentDisposition",
        fields=(Field("set", words=_DISPOSITION), Field("unset", words=_DISPOSITION)),
    ),
    Field("readPoint", fields=_ID),
    Field("bizLocation", fields=_ID),
    Field(
        "sensorElementList",
        item="sensorElement",
        fields=(
            Field("sensorMetadata", fields=_SENSOR_METADATA),
            Field("sensorReport", fields=_SENSOR_REPORT),
        ),
    ),
)
"""The fields of an event in their canonical order."""

_SORTED: Final[Mapping[str, Field]] = {
    field.name: field
    for field in (
        Field(
            "bizTransactionList",
            fields=(Field("type", words=f"{CBV}BTT-"), Field("bizTransaction")),
        ),
        Field("sourceList", fields=(Field("type", words=f"{CBV}SDT-"), Field("source"))),
        Field("destinationList", fields=(Field("type", words=f"{CBV}SDT-"), Field("destination"))),
    )
}
"""Fields that stand behind the ordered ones, sorted among `ilmd` and extensions."""


def hash_document(document: Mapping[str, Any]) -> list[str]:
    """The ids of all events of an EPCIS document or query document, in its order.

    Raises KeyError or TypeError for what is no EPCIS document.
    """
    body = document["epcisBody"]
    if "queryResults" in body:
        body = body["queryResults"]["resultsBody"]
    events = body["eventList"] if "eventList" in body else [body["event"]]
    prefixes = collect_prefixes(document.get("@context", ()))
    return [compute_event_hash(event, prefixes) for event in events]


def compute_event_hash(event: Mapping[str, Any], prefixes: Mapping[str, str] = PREFIXES) -> str:
    """The id of an event in JSON. `prefixes` are those of its document's context."""
    digest = hashlib.sha256(format_pre_hash(event, prefixes).encode()).hexdigest()
    return f"ni:///sha-256;{digest}?ver=CBV2.0"


def format_pre_hash(event: Mapping[str, Any], prefixes: Mapping[str, str] = PREFIXES) -> str:
    """The string that is hashed. Raises ValueError for a time that is none."""
    writer = _Writer(prefixes)
    known = {field.name for field in ORDER}
    parts = [f"eventType={event['type']}"]
    parts += [
        writer.format_field(field, event[field.name]) for field in ORDER if field.name in event
    ]
    parts += sorted(
        writer.format_pairs(_SORTED[name], value)
        if name in _SORTED
        else writer.format_extension(name, value)
        for name, value in event.items()
        if name not in known and name not in _NOT_HASHED and name not in _COMMENTS
    )
    return "".join(parts)


def collect_prefixes(context: Any) -> dict[str, str]:
    """The prefixes of a JSON-LD context, with those of the standard."""
    found = dict(PREFIXES)
    for one in context if isinstance(context, list) else [context]:
        if isinstance(one, Mapping):
            found |= {name: text for name, text in one.items() if isinstance(text, str)}
    return found


@dataclass(frozen=True, slots=True)
class _Writer:
    prefixes: Mapping[str, str]

    def format_field(self, field: Field, value: Any) -> str:
        """A field of the standard; empty where it holds nothing."""
        values = value if isinstance(value, list) else [value]
        if field.item:
            parts = sorted(filter(None, (self._item(field, one) for one in values)))
            return field.name + "".join(parts) if parts else ""
        return "".join(sorted(filter(None, (self._value(field, one) for one in values))))

    def format_pairs(self, field: Field, values: Iterable[Mapping[str, Any]]) -> str:
        """A list of what has a type: type and value of each, sorted."""
        parts = ["".join(self._fields(field.fields, one)) for one in values]
        return field.name + "".join(sorted(parts)) if parts else ""

    def format_extension(self, name: str, value: Any) -> str:
        """A field of a user; an element of a list repeats its name."""
        key = self._expand_name(name)
        if isinstance(value, list):
            return "".join(sorted(self.format_extension(name, one) for one in value))
        if isinstance(value, Mapping):
            return key + self._extensions(value, ())
        text = self._canonical(_to_text(value))
        return f"{key}={text}" if text else key

    def _item(self, field: Field, value: Any) -> str:
        if not field.fields:
            text = self._scalar(field, value)
            return f"{field.item}={text}" if text else ""
        inner = self._object(field, value)
        return field.item + inner if inner else ""

    def _value(self, field: Field, value: Any) -> str:
        if isinstance(value, Mapping):
            inner = self._object(field, value)
            return field.name + inner if inner else ""
        text = self._scalar(field, value)
        return f"{field.name}={text}" if text else ""

    def _object(self, field: Field, value: Mapping[str, Any]) -> str:
        known = tuple(one.name for one in field.fields)
        return "".join(self._fields(field.fields, value)) + self._extensions(value, known)

    def _fields(self, fields: Iterable[Field], value: Mapping[str, Any]) -> list[str]:
        return [self.format_field(one, value[one.name]) for one in fields if one.name in value]

    def _extensions(self, value: Mapping[str, Any], known: Sequence[str]) -> str:
        left_out = {*known, *_COMMENTS}
        return "".join(
            sorted(
                self.format_extension(name, one)
                for name, one in value.items()
                if name not in left_out
            )
        )

    def _scalar(self, field: Field, value: Any) -> str:
        text = _to_text(value)
        if field.is_time:
            return _format_time(text) if text else ""
        if field.words and text and ":" not in text:
            return field.words + text
        return self._canonical(text)

    def _canonical(self, text: str) -> str:
        prefix, separator, rest = text.partition(":")
        if separator and prefix in self.prefixes:
            text = self.prefixes[prefix] + rest
        for old, new in _OLD_VOCABULARIES:
            if text.startswith(old):
                return new + text.removeprefix(old)
        return normalize_identifier(text) or _format_number(text)

    def _expand_name(self, name: str) -> str:
        prefix, separator, rest = name.partition(":")
        known = separator and prefix in self.prefixes
        return f"{{{self.prefixes[prefix]}}}{rest}" if known else name


def _to_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip()


def _format_number(text: str) -> str:
    """Rules 6 and 7: a number without needless zeros; other text as it is."""
    try:
        number = float(text)
        return str(int(number)) if number.is_integer() else str(number)
    except (ValueError, OverflowError):
        return text


def _format_time(text: str) -> str:
    """Rules 8 and 9: UTC, three digits of a second. Raises ValueError."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text} names no time zone")
    at = at.astimezone(UTC)
    thousandths = round(at.microsecond / 1000)
    at = at.replace(microsecond=0) + timedelta(milliseconds=thousandths)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
