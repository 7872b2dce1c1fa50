"""The stages of a chain and the order that time must keep.

The Ministry's plan of 7 January 2026 names growing, purchase, pre-processing and packing,
transport, distribution; harvest is its "time of production and harvest". Fruit is often bought
on the tree, so a purchase may come before the harvest; nothing is packed before it is harvested.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from stamps.timestamps import format_rfc3339
from traceability.parties import present
from traceability.reading import Fields, MalformedLot


class Stage(StrEnum):
    """One kind of step on the way from the tree to the shop."""

    GROWN = "grown"
    HARVESTED = "harvested"
    BOUGHT = "bought"
    PROCESSED = "processed"
    PACKED = "packed"
    TRANSPORTED = "transported"
    DISTRIBUTED = "distributed"


# A stage → the stages that must have begun before it, when both are recorded.
AFTER: Final[dict[Stage, tuple[Stage, ...]]] = {
    Stage.GROWN: (),
    Stage.HARVESTED: (Stage.GROWN,),
    Stage.BOUGHT: (Stage.GROWN,),
    Stage.PROCESSED: (Stage.GROWN, Stage.HARVESTED),
    Stage.PACKED: (Stage.GROWN, Stage.HARVESTED, Stage.PROCESSED),
    Stage.TRANSPORTED: (Stage.GROWN, Stage.HARVESTED),
    Stage.DISTRIBUTED: (Stage.GROWN, Stage.HARVESTED, Stage.PROCESSED, Stage.PACKED),
}


@dataclass(frozen=True)
class Step:
    """One stage as it happened: product code, location code, time in milliseconds, by whom."""

    stage: Stage
    product: str | None = None
    location: str | None = None
    at: int | None = None
    by: str | None = None

    def document(self) -> dict[str, Any]:
        """The step as JSON."""
        return present(
            stage=str(self.stage),
            product=self.product,
            location=self.location,
            at=None if self.at is None else format_rfc3339(self.at),
            by=self.by,
        )

    @classmethod
    def read(cls, fields: Fields) -> "Step":
        """Read it.

        Raises:
            MalformedLot: a field that is malformed or unknown.
        """
        step = cls(
            fields.choice("stage", Stage),
            fields.maybe_text("product"),
            fields.maybe_text("location"),
            fields.maybe_time("at"),
            fields.maybe_text("by"),
        )
        fields.done()
        return step


def begun(steps: Sequence[Step], stage: Stage) -> int | None:
    """When a stage was first recorded, in milliseconds; None when it was not."""
    return min((s.at for s in steps if s.stage is stage and s.at is not None), default=None)


def check_order(steps: Sequence[Step]) -> None:
    """Refuse times that can not be: packed before the harvest, and the like.

    Raises:
        MalformedLot: naming both stages and both times.
    """
    for stage, earlier in AFTER.items():
        at = begun(steps, stage)
        for before in earlier:
            first = begun(steps, before)
            if at is not None and first is not None and at < first:
                raise MalformedLot(
                    field="stages",
                    why=f"{stage} at {format_rfc3339(at)} can not come before"
                    f" {before} at {format_rfc3339(first)}",
                )
