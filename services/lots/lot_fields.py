"""A lot as fields that people type, in a form or in a line of a table, and back to its document.

The fields are those of the profile of its kind of produce. What they do not ask for is kept. Times
are Vietnam's, to the minute; in the document they carry their offset. What is wrong is said of each
field: what cannot be read, and what the rules of a lot refuse.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from ledger import ProductRow
from services.tables.line_flaws import LineFlaw, UnreadableCell, make_flaw
from services.tables.typed_day import DayOrder, read_moment
from services.tables.typed_values import Thousands, read_choice, read_count
from stamps.timestamps import parse_rfc3339
from stamps.vietnam_time import VIETNAM_TIME
from traceability import Lot, MalformedLot, Stage
from traceability.lot_profiles import CROP, DetailType, LotProfile, find_profile
from web.validation import FieldError

PREFIX: Final = "details."
TIMES: Final = ("grown", "harvested", "packed")
"""The fields that are days, with or without a time."""
_OFFSET: Final = "+07:00"
_DERIVED: Final = ("harvested_at", "packed_at", "expires_at")
_STAGE_FIELDS: Final = {Stage.GROWN: "grown", Stage.HARVESTED: "harvested", Stage.PACKED: "packed"}
"""The stages that have a field, in their order."""

_FIELDS_OF_PATHS: Final[Mapping[str, str]] = {
    "kind": "product",
    "product.image": "image",
    "product": "product",
    "producer.name": "producer",
    "producer.kind": "kind",
    "producer.address.line": "address",
    "producer.address": "province",
    "producer": "producer",
    "shelf_life_days": "shelf_life",
    "standards[0].certificate": "certificate",
    "standards": "standard",
}
"""Form field of each part of the document, the narrower path first."""
_REASONS: Final[Mapping[str, str]] = {
    "code": "form",
    "empty": "missing",
    "enum": "choice",
    "greater_than_equal": "least",
    "kind": "produce",
    "less_than_equal": "most",
    "literal_error": "choice",
    "string_type": "missing",
}
"""The reason of a flaw by the rule of a lot, where it has another name."""
_VALUES: Final[Mapping[str, str]] = {"ge": "least", "le": "most", "expected": "known"}
_RULES: Final = frozenset(
    {
        *("missing", "too_long", "control", "direction", "invisible", "image", "country", "gtin"),
        *("lot_code", "place", "ward", "coordinates", "derived", "no_field", "after_harvest"),
        *("before_grown", "before_harvested", "before_processed", "before_packed", "time"),
        *_REASONS.values(),
    }
)
"""Reasons with a text of their own; the message of the rule explains any other."""


@dataclass(frozen=True, slots=True)
class TypedLot:
    """A lot as it was read from fields, and what is wrong with each."""

    document: Mapping[str, Any]
    lot: Lot | None
    """None where a field has a flaw."""
    flaws: Mapping[str, LineFlaw]


def read_lot(
    texts: Mapping[str, str],
    product: ProductRow | None,
    known: Mapping[str, Any],
    *,
    kind: str | None = None,
    thousands: Thousands = "",
    order: DayOrder | None = None,
) -> TypedLot:
    """The lot that fields describe, over the document that is known of it.

    `product` is the registered one that the fields name. Where they name none, `kind` says the kind
    of produce; None: as known, else crops. `thousands` is the sign that may separate thousands,
    `order` what stands first in a day.
    """
    kind = (product.kind if product else kind or known.get("kind")) or CROP
    values, flaws = read_fields(find_profile(kind), texts, thousands, order)
    if texts.get("product") and product is None:
        flaws["product"] = make_flaw("unknown", text=texts["product"])
    document = compose_document(known, values, product, kind)
    lot = None
    try:
        lot = Lot.from_document(document)
    except MalformedLot as refusal:
        flaws = {**_describe_flaws(refusal, document, texts), **flaws}
    return TypedLot(document, None if flaws else lot, flaws)


def read_fields(
    profile: LotProfile,
    texts: Mapping[str, str],
    thousands: Thousands,
    order: DayOrder | None,
) -> tuple[dict[str, str | int], dict[str, LineFlaw]]:
    """The values of what was typed, and what cannot be read."""
    values: dict[str, str | int] = {}
    flaws: dict[str, LineFlaw] = {}
    known = profile.form_fields
    for name, text in texts.items():
        if not text:
            continue
        if name not in known:
            flaws[name] = make_flaw("no_field")
            continue
        try:
            values[name] = _read_value(profile, name, text, thousands, order)
        except UnreadableCell as error:
            flaws[name] = error.flaw
    return values, flaws


def _read_value(
    profile: LotProfile, name: str, text: str, thousands: Thousands, order: DayOrder | None
) -> str | int:
    item = profile.find_item_of(name)
    if name in TIMES:
        return read_moment(text, order)
    if name == "shelf_life":
        return read_count(text, thousands)
    match item.type if item else None:
        case DetailType.DAY:
            return read_moment(text, order)[:10]
        case DetailType.COUNT:
            return read_count(text, thousands)
        case DetailType.CHOICE:
            return read_choice((item and item.choices) or {}, text)
    return text


def compose_document(
    known: Mapping[str, Any], filled: Mapping[str, Any], product: ProductRow | None, kind: str
) -> dict[str, Any]:
    """The document that fields describe, over what is known of the lot."""
    profile = find_profile(kind)
    standard = _drop_empty(name=filled.get("standard"), certificate=filled.get("certificate"))
    kept = {key: value for key, value in known.items() if key not in _DERIVED}
    sites = {site: _compose_site(known, filled, site) for site in profile.code_kinds}
    return _drop_empty(**kept) | _drop_empty(
        kind=None if kind == CROP else kind,
        code=filled.get("code"),
        product=_drop_empty(
            code=filled.get("product"),
            name=dict(product.name) if product else {},
            image=filled.get("image"),
            gtin=product.gtin if product else None,
        ),
        producer=_compose_producer(known, filled),
        **sites,
        stages=_compose_stages(known, filled, profile),
        shelf_life_days=filled.get("shelf_life"),
        brand=filled.get("brand"),
        standards=[standard, *known.get("standards", ())[1:]] if standard else [],
        details={
            item.name: filled[field]
            for item in profile.details
            if (field := PREFIX + item.name) in filled
        },
    )


def extract_fields(document: Mapping[str, Any]) -> dict[str, str]:
    """The fields of a lot's document, as a form shows them."""
    profile = find_profile(document.get("kind") or CROP)
    product, producer = document.get("product", {}), document.get("producer", {})
    address, standards = producer.get("address", {}), document.get("standards") or [{}]
    begins = {stage.get("stage"): stage.get("at", "") for stage in document.get("stages", ())}
    fields = {
        "code": document.get("code"),
        "product": product.get("code"),
        "image": product.get("image"),
        "producer": producer.get("name"),
        "kind": producer.get("kind"),
        "address": address.get("line"),
        "province": address.get("province"),
        **{site: document.get(site, {}).get("code") for site in profile.code_kinds},
        "shelf_life": document.get("shelf_life_days"),
        "brand": document.get("brand"),
        "standard": standards[0].get("name"),
        "certificate": standards[0].get("certificate"),
        **{name: _to_local(begins.get(stage)) for stage, name in _STAGE_FIELDS.items()},
        **{PREFIX + name: value for name, value in document.get("details", {}).items()},
    }
    fields["grown"] = str(fields["grown"] or "")[:10]
    return {name: str(value) for name, value in fields.items() if value is not None}


def _describe_flaws(
    refusal: MalformedLot, document: Mapping[str, Any], texts: Mapping[str, str]
) -> dict[str, LineFlaw]:
    """Return the flaw of each field of a refused document; `texts` is what was typed."""
    flaws: dict[str, LineFlaw] = {}
    for error in refusal.errors:
        name = _find_field(error, document)
        if name not in flaws:
            flaws[name] = _describe_error(error, texts.get(name, ""))
    return flaws


def _describe_error(error: FieldError, text: str) -> LineFlaw:
    reason = _REASONS.get(error.rule, error.rule)
    if reason not in _RULES:
        return make_flaw("text", why=error.reason)
    values = {_VALUES.get(name, name): value for name, value in error.values.items()}
    return make_flaw(reason, **{"text": text, **values})


def _find_field(error: FieldError, document: Mapping[str, Any]) -> str:
    path = error.name_field("code")
    if path.startswith("stages"):
        stage = error.values.get("stage") or _find_stage(error.path, document)
        by_stage = {str(known): name for known, name in _STAGE_FIELDS.items()}
        return by_stage.get(str(stage), "packed")
    if path.startswith(PREFIX):
        return path
    for start, name in _FIELDS_OF_PATHS.items():
        if path.startswith(start):
            return name
    return path.partition(".")[0].partition("[")[0]


def _find_stage(path: tuple[str | int, ...], document: Mapping[str, Any]) -> object:
    match path:
        case (_, int(number), *_):
            return document["stages"][number].get("stage")
    return None


def _compose_producer(known: Mapping[str, Any], filled: Mapping[str, Any]) -> dict[str, Any]:
    if not filled.get("producer"):
        return {}
    address = dict(known.get("producer", {}).get("address", {}))
    if address.get("province") != filled.get("province"):
        address.pop("ward", None)  # a ward of the other province
    address |= _drop_empty(line=filled.get("address"), province=filled.get("province"))
    return _drop_empty(name=filled["producer"], kind=filled.get("kind"), address=address)


def _compose_site(
    known: Mapping[str, Any], filled: Mapping[str, Any], name: str
) -> Mapping[str, Any]:
    """A place with a code; what is known of it stays while its code does."""
    code = filled.get(name)
    if not code:
        return {}
    site: Mapping[str, Any] = known.get(name, {})
    return site if site.get("code") == code else {"code": code}


def _compose_stages(
    known: Mapping[str, Any], filled: Mapping[str, Any], profile: LotProfile
) -> list[dict[str, Any]]:
    """The stages that have a field, then the others that are known."""
    before = {stage["stage"]: stage for stage in reversed(known.get("stages", ()))}
    stages = []
    for stage, name in _STAGE_FIELDS.items():
        typed = filled.get(name)
        if not typed:
            continue
        old = before.pop(stage, {})
        at = old.get("at")
        if not _to_local(at).startswith(typed):  # the field has minutes; known seconds stay
            at = f"{typed if 'T' in typed else f'{typed}T00:00'}:00{_OFFSET}"
        place = filled.get("packing_house" if stage is Stage.PACKED else profile.origin)
        more = _drop_empty(location=place, product=filled.get("product"))
        stages.append({**old, "stage": str(stage), "at": at, **more})
    others = [one for one in known.get("stages", ()) if one["stage"] not in list(_STAGE_FIELDS)]
    return stages + others


def _drop_empty(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value not in (None, "", {}, [])}


def _to_local(at: str | None) -> str:
    """A time as a field takes it: Vietnam's, to the minute."""
    if not at:
        return ""
    return datetime.fromtimestamp(parse_rfc3339(at) / 1000, VIETNAM_TIME).strftime("%Y-%m-%dT%H:%M")
