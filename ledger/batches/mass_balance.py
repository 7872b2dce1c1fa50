"""Mass balance of a batch: stamps by state against stamps by transition.

States are counted from the spans, print, activation and voiding from the transitions. `flaws` names
what does not agree; print houses and packers must account for it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from stamps.lifecycle import State, Transition


@dataclass(frozen=True, slots=True)
class MassBalance:
    """The stamps of one batch, by state and by transition."""

    batch: int
    issued: int
    """All the stamps of the batch."""
    states: Mapping[State, int]
    """Number of stamps in each state now (every state is listed), from the spans."""
    printed: int
    """Number of stamps that were ever printed; this and the following come from the transitions."""
    activated: int
    """Number of stamps that were activated and not deactivated."""
    void: Mapping[str, int]
    """Number of stamps that were made void, by reason."""

    @property
    def outstanding(self) -> int:
        """Printed, neither activated nor void: stamps in stock somewhere."""
        return self.states[State.PRINTED]

    @property
    def flaws(self) -> list[str]:
        """Disagreements between spans and transitions; empty when the batch balances."""
        on_produce = (State.ACTIVATED, State.CLAIMED, State.SUSPENDED, State.RECALLED)
        void = sum(self.void.values())
        compared = {
            "stamps in all states, and stamps issued": (sum(self.states.values()), self.issued),
            "void stamps, and stamps made void": (self.states[State.VOID], void),
            "stamps on produce, and stamps activated": (
                sum(self.states[state] for state in on_produce),
                self.activated,
            ),
        }
        return [
            f"{what}: {left} and {right}"
            for what, (left, right) in compared.items()
            if left != right
        ]

    @property
    def balances(self) -> bool:
        """Whether spans and transitions agree."""
        return not self.flaws


async def count_states(
    connection: AsyncConnection, batches: Sequence[int]
) -> dict[int, dict[State, int]]:
    """Count the stamps of each batch by state, from the spans; states without stamps are absent."""
    spans = schema.spans
    query = (
        select(spans.c.batch, spans.c.state, func.sum(spans.c.hi - spans.c.lo))
        .where(spans.c.batch.in_(batches))
        .group_by(spans.c.batch, spans.c.state)
    )
    found: dict[int, dict[State, int]] = {}
    for batch, state, stamps in await connection.execute(query):
        found.setdefault(batch, {})[State(state)] = int(stamps)
    return found


async def count_lot_states(connection: AsyncConnection, lot: str) -> dict[State, int]:
    """Count the stamps that are bound to a lot by state; states without stamps are absent."""
    spans = schema.spans
    query = (
        select(spans.c.state, func.sum(spans.c.hi - spans.c.lo))
        .where(spans.c.lot == lot)
        .group_by(spans.c.state)
    )
    return {State(state): int(stamps) for state, stamps in await connection.execute(query)}


async def compute_mass_balance(connection: AsyncConnection, batch: int, count: int) -> MassBalance:
    """Count the stamps of a batch inside the caller's transaction."""
    spans, transitions = schema.spans, schema.transitions
    by_state = await connection.execute(
        select(spans.c.state, func.sum(spans.c.hi - spans.c.lo))
        .where(spans.c.batch == batch)
        .group_by(spans.c.state)
    )
    states = dict.fromkeys(State, 0) | {State(state): int(n) for state, n in by_state}
    by_transition = await connection.execute(
        select(
            transitions.c.transition,
            transitions.c.reason,
            func.sum(transitions.c.hi - transitions.c.lo),
        )
        .where(transitions.c.batch == batch)
        .group_by(transitions.c.transition, transitions.c.reason)
    )
    changed: Counter[Transition] = Counter()
    void: Counter[str] = Counter()
    for transition, reason, n in by_transition:
        changed[Transition(transition)] += int(n)
        if transition == Transition.VOID:
            void[reason] += int(n)
    return MassBalance(
        batch=batch,
        issued=count,
        states=states,
        printed=changed[Transition.PRINT],
        activated=changed[Transition.ACTIVATE] - changed[Transition.DEACTIVATE],
        void=dict(void),
    )
