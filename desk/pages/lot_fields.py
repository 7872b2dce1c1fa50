"""A lot's document as the fields of a form, and back; what the form does not ask for is kept.

Times in the form are Vietnam's, to the minute; in the document they carry their offset.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from ledger import Product
from stamps.timestamps import parse_rfc3339
from traceability import Stage
from web.i18n import VIETNAM_TIME

_OFFSET: Final = "+07:00"
STAGED: Final = (
    (Stage.GROWN, "grown", "growing_area"),
    (Stage.HARVESTED, "harvested", "growing_area"),
    (Stage.PACKED, "packed", "packing_house"),
)
"""The stages that the form asks for: the stage, its field, and where it happens."""


def composed(
    kept: Mapping[str, Any], fields: Mapping[str, str], known: Product | None
) -> dict[str, Any]:
    """A lot's document from the form's fields; what the form does not ask for is kept."""

    def some(**values: Any) -> dict[str, Any]:
        return {key: value for key, value in values.items() if value not in (None, "", {}, [])}

    said = {key: value for key, value in fields.items() if value}
    address = dict(kept.get("producer", {}).get("address", {}))
    if address.get("province") != said.get("province"):
        address.pop("ward", None)  # it was the other province's
    address |= some(line=said.get("address"), province=said.get("province"))
    producer = some(
        name=said.get("producer"), kind=said.get("kind"), address=address
    ) if said.get("producer") else {}  # fmt: skip
    sites = {}
    for site in ("growing_area", "packing_house"):
        before = kept.get(site, {})
        code = said.get(site)
        sites[site] = (before if before.get("code") == code else {"code": code}) if code else {}
    standard = some(name=said.get("standard"), certificate=said.get("certificate"))
    life = said.get("shelf_life", "")
    return some(
        **{k: v for k, v in kept.items() if k not in ("harvested_at", "packed_at", "expires_at")}
    ) | some(
        code=said.get("code"),
        product=some(
            code=said.get("product"),
            name=dict(known.name) if known else {},
            image=said.get("image"),
            gtin=known.gtin if known else None,
        ),
        producer=producer,
        **sites,
        stages=_stages(kept, said),
        shelf_life_days=int(life) if life.isascii() and life.isdigit() and len(life) < 6 else None,
        brand=said.get("brand"),
        standards=[standard, *kept.get("standards", ())[1:]] if standard else [],
    )


def fields_of(document: Mapping[str, Any]) -> dict[str, str]:
    """The form's fields from a lot's document."""
    product, producer = document.get("product", {}), document.get("producer", {})
    address, standards = producer.get("address", {}), document.get("standards") or [{}]
    begun = {stage.get("stage"): stage.get("at", "") for stage in document.get("stages", ())}
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
        **{name: _local(begun.get(str(stage))) for stage, name, _ in STAGED},
    }
    fields["grown"] = str(fields["grown"] or "")[:10]
    return {name: str(value) for name, value in fields.items() if value is not None}


def _stages(kept: Mapping[str, Any], said: Mapping[str, str]) -> list[dict[str, Any]]:
    """The stages in the order of the form, then those that it does not ask for."""
    before = {stage["stage"]: stage for stage in reversed(kept.get("stages", ()))}
    stages = []
    for stage, name, where in STAGED:
        if not (typed := said.get(name)):
            continue
        known = before.pop(str(stage), {})
        at = known.get("at")
        if not _local(at).startswith(typed):  # to the minute; seconds that were known stay
            at = f"{typed if 'T' in typed else f'{typed}T00:00'}:00{_OFFSET}"
        told = {"location": said.get(where), "product": said.get("product")}
        stages.append(
            {**known, "stage": str(stage), "at": at, **{k: v for k, v in told.items() if v}}
        )
    asked = {str(stage) for stage, _, _ in STAGED}
    return stages + [stage for stage in kept.get("stages", ()) if stage["stage"] not in asked]


def _local(at: str | None) -> str:
    """A time as a form's field wants it: Vietnam's, to the minute."""
    if not at:
        return ""
    return datetime.fromtimestamp(parse_rfc3339(at) / 1000, VIETNAM_TIME).strftime("%Y-%m-%dT%H:%M")
