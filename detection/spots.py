"""Spots: the places where a stamp was scanned.

Shaped for the compiler: the constructor is written out, because mypyc does not see the one that
`dataclass` makes at run time (ADR 0035).
"""

from dataclasses import dataclass
from typing import Final, final

MAX_SPOTS: Final = 3
MAX_SPOTS_WITH_MAP: Final = 2
"""Spots that a history with a network map keeps."""


@final
@dataclass(slots=True, init=False)
class Spot:
    """One location where a stamp was scanned, by however many devices.

    `first` and `last` are in half hours since 2024-01-01T00:00Z. `camera`: at least one scan there
    was made with a camera and not from a link that may have been sent on. `proven`: an enrolled
    device was there; then the times are those of enrolled devices only.
    """

    cell: Final[int]
    first: Final[int]
    last: Final[int]
    camera: Final[bool]
    proven: Final[bool]

    def __init__(
        self, cell: int, first: int, last: int, camera: bool, proven: bool = False
    ) -> None:
        self.cell = cell
        self.first = first
        self.last = last
        self.camera = camera
        self.proven = proven


def keep_spots(spots: tuple[Spot, ...]) -> tuple[Spot, ...]:
    """Return the spots that a history with a network map keeps, proven ones first."""
    if len(spots) <= MAX_SPOTS_WITH_MAP:
        return spots
    proven = [spot for spot in spots if spot.proven]
    return tuple([*proven, *(spot for spot in spots if not spot.proven)][:MAX_SPOTS_WITH_MAP])
