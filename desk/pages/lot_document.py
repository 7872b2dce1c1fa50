"""A lot's document as the fields of a form, and back; what the form does not ask for is kept.

Times in the form are Vietnam's, to the minute; in the document they carry their offset.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from ledger import ProductRow
from stamps.timestamps import parse_rfc3339
from traceability import Stage
from web.i18n import VIETNAM_TIME

_OFFSET: Final = "+07:00"
STAGE_FIELDS: Final = (
    (Stage.GROWN, "grown", "growing_area"),
    (Stage.HARVESTED, "harvested", "growing_area"),
    (Stage.PACKED, "packed", "packing_house"),
)
"""The stages that the form asks for: the stage, its field, and the field of its place."""
_DERIVED: Final = ("harvested_at", "packed_at", "expires_at")


def compose_document(
    known: Mapping[str, Any], fields: Mapping[str, Any], product: ProductRow | None
) -> dict[str, Any]:
    """The document that the form's fields describe, over what is known of the lot."""
    filled = {key: value for key, value in fields.items() if value not in (None, "")}
    life = filled.get("shelf_life")
    standard = _drop_empty(name=filled.get("standard"), certificate=filled.get("certificate"))
    kept = {key: value for key, value in known.items() if key not in _DERIVED}
    return _drop_empty(**kept) | _drop_empty(
        code=filled.get("code"),
        product=_drop_empty(
            code=filled.get("product"),
            name=dict(product.name) if product else {},
            image=filled.get("image"),
            gtin=product.gtin if product else None,
        ),
        producer=_compose_producer(known, filled),
        growing_area=_compose_site(known, filled, "growing_area"),
        packing_house=_compose_site(known, filled, "packing_house"),
        stages=_compose_stages(known, filled),
        shelf_life_days=None if life is None else int(life),
        brand=filled.get("brand"),
        standards=[standard, *known.get("standards", ())[1:]] if standard else [],
    )


def extract_fields(document: Mapping[str, Any]) -> dict[str, str]:
    """The form's fields from a lot's document."""
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
        "growing_area": document.get("growing_area", {}).get("code"),
        "packing_house": document.get("packing_house", {}).get("code"),
        "shelf_life": document.get("shelf_life_days"),
        "brand": document.get("brand"),
        "standard": standards[0].get("name"),
        "certificate": standards[0].get("certificate"),
        **{name: _to_local(begins.get(str(stage))) for stage, name, _ in STAGE_FIELDS},
    }
    fields["grown"] = str(fields["grown"] or "")[:10]
    return {name: str(value) for name, value in fields.items() if value is not None}


def list_changed_fields(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[tuple[str, str, str]]:
    """Path, old and new value of every field that differs between two documents.

    >>> list_changed_fields({"a": {"b": 1}, "c": ["x"]}, {"a": {"b": 2}, "c": ["x", "y"]})
    [('a.b', '1', '2'), ('c.2', '–', 'y')]
    """
    old, new = dict(_flatten(before)), dict(_flatten(after))
    return [
        (path, old.get(path, "–"), new.get(path, "–"))
        for path in {**old, **new}
        if old.get(path) != new.get(path)
    ]


def _flatten(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        inner = [(str(name), item) for name, item in value.items()]
    elif isinstance(value, list):
        inner = [(str(number), item) for number, item in enumerate(value, 1)]
    else:
        yield path, str(value)
        return
    for name, item in inner:
        yield from _flatten(item, f"{path}.{name}" if path else name)


def _compose_producer(known: Mapping[str, Any], filled: Mapping[str, str]) -> dict[str, Any]:
    if not filled.get("producer"):
        return {}
    address = dict(known.get("producer", {}).get("address", {}))
    if address.get("province") != filled.get("province"):
        address.pop("ward", None)  # a ward of the other province
    address |= _drop_empty(line=filled.get("address"), province=filled.get("province"))
    return _drop_empty(name=filled["producer"], kind=filled.get("kind"), address=address)


def _compose_site(
    known: Mapping[str, Any], filled: Mapping[str, str], field: str
) -> Mapping[str, Any]:
    """A growing area or packing house; what is known of it stays while its code does."""
    code = filled.get(field)
    if not code:
        return {}
    site: Mapping[str, Any] = known.get(field, {})
    return site if site.get("code") == code else {"code": code}


def _compose_stages(known: Mapping[str, Any], filled: Mapping[str, str]) -> list[dict[str, Any]]:
    """The stages in the order of the form, then those that it does not ask for."""
    before = {stage["stage"]: stage for stage in reversed(known.get("stages", ()))}
    stages = []
    for stage, field, place in STAGE_FIELDS:
        typed = filled.get(field)
        if not typed:
            continue
        old = before.pop(str(stage), {})
        at = old.get("at")
        if not _to_local(at).startswith(typed):  # the form has minutes; known seconds stay
            at = f"{typed if 'T' in typed else f'{typed}T00:00'}:00{_OFFSET}"
        place_and_product = _drop_empty(location=filled.get(place), product=filled.get("product"))
        stages.append({**old, "stage": str(stage), "at": at, **place_and_product})
    in_form = {str(stage) for stage, _, _ in STAGE_FIELDS}
    return stages + [stage for stage in known.get("stages", ()) if stage["stage"] not in in_form]


def _drop_empty(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value not in (None, "", {}, [])}


def _to_local(at: str | None) -> str:
    """A time as a form's field takes it: Vietnam's, to the minute."""
    if not at:
        return ""
    return datetime.fromtimestamp(parse_rfc3339(at) / 1000, VIETNAM_TIME).strftime("%Y-%m-%dT%H:%M")
