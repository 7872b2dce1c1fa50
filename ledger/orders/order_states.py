"""States of an order and the steps between them: one table.

The triggers of the database allow the same steps (migration 0024), and `docs/orders.md` is drawn
from the table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class OrderState(StrEnum):
    """The state of an order."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    FULFILLED = "fulfilled"


@dataclass(frozen=True, slots=True)
class OrderStep:
    """One step of an order."""

    before: OrderState
    after: OrderState
    person: str
    """The person who takes the step."""
    needs: str
    """Requirement beside that person; empty for none."""


ORDER_STEPS: Final[Mapping[str, OrderStep]] = {
    "approve": OrderStep(
        OrderState.REQUESTED,
        OrderState.APPROVED,
        "another person than requested it",
        "a packer and a product; above a limit, a reason and a second approval",
    ),
    "refuse": OrderStep(
        OrderState.REQUESTED,
        OrderState.REFUSED,
        "another person than requested it",
        "a reason, which the requester sees",
    ),
    "withdraw": OrderStep(
        OrderState.REQUESTED, OrderState.WITHDRAWN, "the person who requested it", ""
    ),
    "fulfil": OrderStep(
        OrderState.APPROVED,
        OrderState.FULFILLED,
        "the issue of its last batch",
        "batches with as many stamps as were approved",
    ),
}
"""All steps, by verb."""


def render_steps() -> str:
    """The table as Markdown, as docs/orders.md shows it."""
    lines = ["| step | from | to | taken by | needs |", "|---|---|---|---|---|"]
    lines += [
        f"| `{verb}` | {step.before} | {step.after} | {step.person} | {step.needs} |"
        for verb, step in ORDER_STEPS.items()
    ]
    return "\n".join(lines) + "\n"
