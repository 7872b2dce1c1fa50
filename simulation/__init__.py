"""Simulation: a generated world of stamps, scans, benign troubles and attacks.

The detector is evaluated on this world; the simulation imports no detector.
`build_world(seed, Parameters())` returns the same bytes every time. Only scanned stamps are
generated: of a million active stamps at a scan rate of 5 %, some 950,000 exist only as a count.

`build_attacked_world` adds one kind of attacker (`parameters.ATTACKERS`) to a built world and
leaves every line of that world as it is.
"""

from simulation.attacked_world import build_attacked_world
from simulation.parameters import ATTACKERS, Attacker, AttackerParameters, Parameters
from simulation.truth import Truth
from simulation.world import World, build_world

__all__ = [
    "ATTACKERS",
    "Attacker",
    "AttackerParameters",
    "Parameters",
    "Truth",
    "World",
    "build_attacked_world",
    "build_world",
]
