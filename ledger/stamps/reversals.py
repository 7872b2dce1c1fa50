"""Reversals: an activation is taken back, or bound to another lot.

What is recorded decides. The last step of every stamp of the range is an activation (or a rebinding
of one) that was recorded not longer ago than the limit, by the clock of the ledger, and no stamp of
the range has a recorded scan since. A consumer who saw a lot on a page must not see another one
later without a correction that the page shows.

A scan that is answered and not yet recorded (it waits in the stream) is not seen here: it is kept
as a scan of a stamp that was active when it was scanned.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.stamps.transition_rows import read_transition
from stamps.errors import VeritemError
from stamps.lifecycle import Transition
from stamps.spans import RangeTransition

MINUTE_MS: Final = 60_000
LIMITS: Final[Mapping[Transition, int]] = {
    Transition.DEACTIVATE: 15 * MINUTE_MS,
    Transition.REBIND: 72 * 60 * MINUTE_MS,
}
"""Longest time from the record of an activation to that of each reversal (ms)."""


class ActivationTooOld(VeritemError):
    """The activation was recorded longer ago than the reversal allows."""

    code = "activation-too-old"
    message = (
        "{batch}·{lo}-{last} was activated more than {minutes} minutes ago; {transition} comes too"
        " late"
    )


class ActivationHandled(VeritemError):
    """An inspector suspended and released stamps since; what was checked stays as it is."""

    code = "activation-handled"
    message = "{batch}·{lo}-{last} was suspended and released since its activation"


class StampsScanned(VeritemError):
    """A stamp of the range was scanned since its activation."""

    code = "stamps-scanned"
    message = "stamp {batch}·{index} was scanned since its activation; {transition} comes too late"


@dataclass(frozen=True, slots=True)
class LastStep:
    """The last transition of the stamps `[lo, hi)` of a batch, with its times (ms)."""

    batch: int
    lo: int
    hi: int
    transition: Transition
    at: int
    """When it was recorded."""
    acted_at: int
    """When it was done."""


async def check_reversal(
    connection: AsyncConnection, requested: RangeTransition, at: int
) -> list[LastStep]:
    """Return the activations that a reversal would take back, inside the caller's transaction.

    Stamps that are not activated are left to the fold, which refuses them. Raises
    `ActivationTooOld`, `ActivationHandled`, `StampsScanned`.
    """
    limit = LIMITS[requested.transition]
    activations = []
    for step in await _find_last_steps(connection, requested):
        named = {"batch": step.batch, "lo": step.lo, "last": step.hi - 1}
        if step.transition is Transition.RELEASE:
            raise ActivationHandled(**named)
        if step.transition is not Transition.ACTIVATE:
            continue
        if at - step.at > limit:
            minutes = limit // MINUTE_MS
            raise ActivationTooOld(**named, minutes=minutes, transition=requested.transition)
        activations.append(step)
    for step in activations:
        await _refuse_scanned(connection, step, requested.transition)
    return activations


async def _find_last_steps(
    connection: AsyncConnection, requested: RangeTransition
) -> list[LastStep]:
    """Return the parts of the range by their last step; a rebinding counts as what it rebinds."""
    transitions = schema.transitions
    rows = await connection.execute(
        select(transitions)
        .where(transitions.c.batch == requested.batch)
        .where(transitions.c.lo < requested.hi, transitions.c.hi > requested.lo)
        .where(transitions.c.transition != Transition.REBIND)
        .order_by(transitions.c.seq.desc())
    )
    uncovered, steps = [(requested.lo, requested.hi)], []
    for row in map(read_transition, rows.mappings()):
        acted_at = row.at if row.acted_at is None else row.acted_at
        steps += [
            LastStep(row.batch, max(lo, row.lo), min(hi, row.hi), row.transition, row.at, acted_at)
            for lo, hi in uncovered
            if lo < row.hi and row.lo < hi
        ]
        uncovered = list(subtract_range(uncovered, row.lo, row.hi))
        if not uncovered:
            break
    return sorted(steps, key=lambda step: step.lo)


def subtract_range(
    ranges: Sequence[tuple[int, int]], lo: int, hi: int
) -> Iterator[tuple[int, int]]:
    """The parts of ranges `[left, right)` that `[lo, hi)` does not cover."""
    for left, right in ranges:
        if left < min(lo, right):
            yield left, min(lo, right)
        if max(hi, left) < right:
            yield max(hi, left), right


async def _refuse_scanned(
    connection: AsyncConnection, step: LastStep, transition: Transition
) -> None:
    scans = schema.scans
    query = (
        select(scans.c.idx)
        .where(scans.c.batch == step.batch, scans.c.idx >= step.lo, scans.c.idx < step.hi)
        .where(scans.c.at >= min(step.at, step.acted_at))
        .limit(1)
    )
    index = await connection.scalar(query)
    if index is not None:
        raise StampsScanned(batch=step.batch, index=index, transition=transition)
