"""The bar that shows where the stamps of a batch are."""

from collections.abc import Mapping

from stamps.lifecycle import State

BarPart = tuple[str, int, float, float]
"""State, count, start and width in percent."""


def split_states(states: Mapping[State, int], total: int) -> list[BarPart]:
    """The parts of a bar: the states that stamps are in, in the order of the lifecycle.

    >>> split_states({State.PRINTED: 3, State.ISSUED: 1}, 4)
    [('issued', 1, 0.0, 25.0), ('printed', 3, 25.0, 75.0)]
    """
    parts, start = [], 0.0
    for state in State:
        count = states.get(state, 0)
        if count:
            width = 100 * count / total
            parts.append((str(state), count, round(start, 3), round(width, 3)))
            start += width
    return parts
