"""Mapping of a published record to the format of a portal, by an expression of JMESPath.

A format is a file of `formats/`: an expression over `PortalRecord.to_input()`. JMESPath has no
loops and no side effects, so an expression always ends, and it sees nothing but its input.

>>> sorted(FORMATS)
['epcis', 'ten_items']
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

import jmespath
from jmespath.parser import ParsedResult

from stamps.timestamps import format_rfc3339
from traceability.epcis.transition_events import CONTEXT, name_class, name_location

ADDRESS: Final = "https://veritem.vn"
"""Our own address in identifiers, of what has no GS1 key."""
_STEPS: Final[Mapping[str, str]] = {
    "grown": "commissioning",
    "harvested": "collecting",
    "purchased": "accepting",
    "packed": "packing",
    "transported": "transporting",
    "distributed": "shipping",
}
"""Business steps of CBV 2.0 for stages; others are `other`."""
_SUFFIX: Final = ".jmespath"


@dataclass(frozen=True, slots=True)
class PortalRecord:
    """A published version of a lot, as it is sent to a portal."""

    record: Mapping[str, Any]
    """The public record (`traceability.lot_record`)."""
    sha256: str
    published_at: int
    """Milliseconds, UTC."""

    def to_input(self) -> dict[str, Any]:
        """What expressions see.

        `record`, `sha256`, `published_at`, `lot_class` (the lot as class of EPCIS), `context` (the
        JSON-LD context), and `stages` with `step`, `place` (a URI) and `lot_class` beside what the
        record tells of each.
        """
        document = self.record["document"]
        lot_class = name_class(0, self.record["lot"], document["product"].get("gtin"), ADDRESS)
        stages = []
        for stage in document.get("stages", ()):
            place = stage.get("location")
            stages.append(
                {
                    **stage,
                    "step": _STEPS.get(stage["stage"], "other"),
                    "place": None if place is None else name_location(place, ADDRESS),
                    "lot_class": lot_class,
                }
            )
        return {
            "record": self.record,
            "sha256": self.sha256,
            "published_at": format_rfc3339(self.published_at),
            "lot_class": lot_class,
            "context": list(CONTEXT),
            "stages": stages,
        }


def map_record(name: str, record: PortalRecord) -> str:
    """The JSON that a portal of this format is sent, always the same for one publication.

    What a record does not tell is left out. Raises KeyError for an unknown format.
    """
    mapped = FORMATS[name].search(record.to_input())
    return json.dumps(_drop_nulls(mapped), ensure_ascii=False, separators=(",", ":"))


def _drop_nulls(value: Any) -> Any:
    """A value without the parts that are null: portals tell "not told" from "told as nothing"."""
    if isinstance(value, Mapping):
        return {key: _drop_nulls(one) for key, one in value.items() if one is not None}
    if isinstance(value, list):
        return [_drop_nulls(one) for one in value if one is not None]
    return value


def _load_formats() -> dict[str, ParsedResult]:
    folder = resources.files("traceability.portals").joinpath("formats")
    return {
        one.name.removesuffix(_SUFFIX): jmespath.compile(one.read_text("utf-8"))
        for one in folder.iterdir()
        if one.name.endswith(_SUFFIX)
    }


FORMATS: Final = _load_formats()
"""The formats by name."""
