"""Mass balance: every stamp of a batch is somewhere, and the transitions say how it got there.

The states are counted from the spans, what happened is counted from the transitions, and `flaws` says
where the two do not agree. That they agree is what a print house and a packer are held to.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from stamps.lifecycle import State, Transition


@dataclass(frozen=True, slots=True)
class MassBalance:
    """The stamps of one batch, counted twice."""

    batch: int
    issued: int
    """All the stamps of the batch."""
    states: Mapping[State, int]
    """How many stand in each state now (every state is listed); from the spans."""
    printed: int
    """How many were ever printed; this and what follows is from the transitions."""
    activated: int
    """How many were ever activated."""
    void: Mapping[str, int]
    """How many were made void, by reason."""

    @property
    def outstanding(self) -> int:
        """Printed and neither activated nor void: stamps that lie about somewhere."""
        return self.states[State.PRINTED]

    @property
    def flaws(self) -> list[str]:
        """Where spans and transitions do not agree; empty when the batch balances."""
        on_produce = (State.ACTIVATED, State.CLAIMED, State.SUSPENDED, State.RECALLED)
        void = sum(self.void.values())
        told = {
            "stamps in all states, and stamps issued": (sum(self.states.values()), self.issued),
            "void stamps, and stamps made void": (self.states[State.VOID], void),
            "stamps on produce, and stamps activated": (
                sum(self.states[state] for state in on_produce),
                self.activated,
            ),
        }
        return [
            f"{what}: {left} and {right}" for what, (left, right) in told.items() if left != right
        ]

    @property
    def balances(self) -> bool:
        """Whether spans and transitions agree."""
        return not self.flaws


async def compute_mass_balance(connection: AsyncConnection, batch: int, count: int) -> MassBalance:
    """Count the stamps of a batch inside the caller's transaction."""
    spans, transitions = schema.spans, schema.transitions
    standing = await connection.execute(
        select(spans.c.state, func.sum(spans.c.hi - spans.c.lo))
        .where(spans.c.batch == batch)
        .group_by(spans.c.state)
    )
    states = dict.fromkeys(State, 0) | {State(state): int(n) for state, n in standing}
    happened = await connection.execute(
        select(
            transitions.c.transition,
            transitions.c.reason,
            func.sum(transitions.c.hi - transitions.c.lo),
        )
        .where(transitions.c.batch == batch)
        .group_by(transitions.c.transition, transitions.c.reason)
    )
    moved: Counter[Transition] = Counter()
    void: Counter[str] = Counter()
    for transition, reason, n in happened:
        moved[Transition(transition)] += int(n)
        if transition == Transition.VOID:
            void[reason] += int(n)
    return MassBalance(
        batch, count, states, moved[Transition.PRINT], moved[Transition.ACTIVATE], dict(void)
    )
