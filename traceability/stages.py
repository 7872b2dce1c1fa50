"""Stages of the supply chain and the order in which they may begin.

The Ministry's plan of 7 January 2026 names growing, purchase, pre-processing and packing,
transport, distribution; harvest is its "time of production and harvest". Fruit is often bought
on the tree, so a purchase may come before the harvest; nothing is packed before it is harvested.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Final

from pydantic import AfterValidator

from stamps.timestamps import format_rfc3339
from traceability.code_forms import read_code
from traceability.document_fields import DocumentModel, Text, Timestamp
from web.validation import RefusedValue


class Stage(StrEnum):
    """A kind of step from the tree to the shop."""

    GROWN = "grown"
    HARVESTED = "harvested"
    BOUGHT = "bought"
    PROCESSED = "processed"
    PACKED = "packed"
    TRANSPORTED = "transported"
    DISTRIBUTED = "distributed"


PREDECESSORS: Final[dict[Stage, tuple[Stage, ...]]] = {
    Stage.GROWN: (),
    Stage.HARVESTED: (Stage.GROWN,),
    Stage.BOUGHT: (Stage.GROWN,),
    Stage.PROCESSED: (Stage.GROWN, Stage.HARVESTED),
    Stage.PACKED: (Stage.GROWN, Stage.HARVESTED, Stage.PROCESSED),
    Stage.TRANSPORTED: (Stage.GROWN, Stage.HARVESTED),
    Stage.DISTRIBUTED: (Stage.GROWN, Stage.HARVESTED, Stage.PROCESSED, Stage.PACKED),
}
"""The stages that must have begun before a stage, where both are recorded."""


def _write_code(text: str) -> str:
    """The canonical code where the text is one: a rule about a code holds however it is typed."""
    found = read_code(text)
    return text if found is None else found[1]


Location = Annotated[Text, AfterValidator(_write_code)]
"""The code of a registered place, or another name of a place."""


class StageRecord(DocumentModel):
    """One stage as it happened: product code, location code, time, and the party that did it."""

    stage: Stage
    product: Text | None = None
    location: Location | None = None
    at: Timestamp | None = None
    by: Text | None = None


def find_start(records: Sequence[StageRecord], stage: Stage) -> int | None:
    """The first recorded time of a stage, in milliseconds; None when there is none."""
    times = (record.at for record in records if record.stage is stage)
    return min((at for at in times if at is not None), default=None)


def check_order(records: Sequence[StageRecord]) -> None:
    """Refuse impossible times, such as packing before the harvest.

    Raises:
        RefusedValue: naming both stages and both times.
    """
    for stage, predecessors in PREDECESSORS.items():
        start = find_start(records, stage)
        for before in predecessors:
            first = find_start(records, before)
            if start is not None and first is not None and start < first:
                why = (
                    f"{stage} at {format_rfc3339(start)} cannot come before"
                    f" {before} at {format_rfc3339(first)}"
                )
                raise RefusedValue(why, f"before_{before}", stage=str(stage))
