"""The price of an accusation and of a mask: networks × days until half of the stamps turn.

An accuser with N networks sends scans for D days, each from a new device, by day. Seven ways are
tried, and the one that turns most stamps counts: one scan a network a day with new places, with one
place a network, or without places; three scans a network a day in the north and the south in turn;
and one scan of each network, one network after the other over the days: where people live, in the
north and the south in turn, or there with a place in four scans of ten only.
A mask scans every twenty minutes, its networks taking turns, from a day before the first copy is
offered.

The stamps are judged without the rest of the world and without their batch, whose evidence one
framed stamp in thousands does not change.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from benchmarks.detection.attackers import WORLD, AttackOutcome, judge_world, share
from benchmarks.detection.baselines import Judge
from benchmarks.detection.report import table
from simulation import Attacker, AttackerParameters, World, build_attacked_world, build_world
from simulation.parameters import Act, Target

FRAMING_NETWORKS: Final = (1, 2, 3, 5, 8, 12, 20, 50)
FRAMING_DAYS: Final = (1, 2, 3, 5, 7, 14)
MASK_NETWORKS: Final = (1, 5, 10, 20, 50, 200)
MASK_DAYS: Final = (3, 7, 14, 30, 0)
"""0: as long as copies are sold, and two weeks more."""

MASKED: Final = AttackerParameters(stamps=50)


@dataclass(frozen=True)
class NetworkUse:
    """Use of a network by an accuser on a day."""

    scans: int = 1
    places: float = 1.0
    keeps_place: bool = False
    far: bool = False
    one_by_one: bool = False
    """Each network sends its scans once and not every day."""


USES: Final[Mapping[str, NetworkUse]] = {
    "new places": NetworkUse(),
    "one place a network": NetworkUse(keeps_place=True),
    "no places": NetworkUse(places=0.0),
    "three far places": NetworkUse(scans=3, far=True),
    "one by one": NetworkUse(one_by_one=True),
    "one by one, far places": NetworkUse(one_by_one=True, far=True),
    "one by one, far places, as often as people": NetworkUse(one_by_one=True, far=True, places=0.4),
}

FRAMED: Final = (Target.SCANNED_ONCE, Target.UNSCANNED)

Cells = dict[tuple[int, int], list[AttackOutcome]]
"""Outcomes by networks and days; one for each way and seed."""


def framings(target: Target, networks: int, days: int) -> Iterator[Attacker]:
    """Yield the accusers of one cell, one for each way."""
    for name, way in USES.items():
        yield Attacker(
            f"price: {target}, {networks} networks, {days} days, {name}", Act.FRAME, target,
            networks=networks, scans=networks * way.scans * (1 if way.one_by_one else days),
            days=float(days), by_day=True, places=way.places, keeps_place=way.keeps_place,
            far=way.far, one_by_one=way.one_by_one,
        )  # fmt: skip


def mask(networks: int, days: int) -> Attacker:
    """Return the mask of one cell."""
    return Attacker(
        f"price: mask, {networks} networks, {days} days", Act.MASK, Target.COPIED,
        networks=networks, days=float(days),
    )  # fmt: skip


def sweep_framings(judge: Judge, seeds: Sequence[int], cache: Path, target: Target) -> Cells:
    """Judge every cell of the accusation's price."""
    cells: Cells = {}
    for seed in seeds:
        worlds = _Worlds(judge, seed, cache)
        for networks in FRAMING_NETWORKS:
            for days in FRAMING_DAYS:
                for attacker in framings(target, networks, days):
                    cells.setdefault((networks, days), []).append(worlds.judge(attacker))
    return cells


def sweep_masks(judge: Judge, seeds: Sequence[int], cache: Path) -> Cells:
    """Judge every cell of the mask's price."""
    cells: Cells = {}
    for seed in seeds:
        worlds = _Worlds(judge, seed, cache)
        for networks in MASK_NETWORKS:
            for days in MASK_DAYS:
                outcome = worlds.judge(mask(networks, days), MASKED)
                cells.setdefault((networks, days), []).append(outcome)
    return cells


class _Worlds:
    """The worlds of one seed, each built when its outcome is not in the cache."""

    def __init__(self, judge: Judge, seed: int, cache: Path) -> None:
        self._judge, self._seed, self._cache = judge, seed, cache
        self._base: World | None = None

    def judge(self, attacker: Attacker, a: AttackerParameters | None = None) -> AttackOutcome:
        """Return the outcome of one attacker."""
        file = self._cache / f"{attacker.name}-{self._seed}.json".replace(" ", "_")
        if not file.exists():
            print(f"seed {self._seed}: {attacker.name}", flush=True)
            self._cache.mkdir(parents=True, exist_ok=True)
            self._base = self._base or build_world(self._seed, WORLD)
            world = build_attacked_world(self._base, attacker, a, alone=True)
            lines = map(without_batch, world.replay_lines())
            rate = round(self._base.scan_rate, 4)
            file.write_text(json.dumps(asdict(judge_world(world, self._judge, lines, rate))))
        return AttackOutcome(**json.loads(file.read_text()))


def without_batch(line: bytes) -> bytes:
    """Return the line of a recording without its stamp's batch."""
    head, _, batch = line.rpartition(b',"batch":')
    return head + b"}\n" if batch and line.startswith(b'{"stamp"') else line


def best(outcomes: Sequence[AttackOutcome], part: str) -> float:
    """Return the share of stamps that the best way turns, over all seeds."""
    ways: dict[str, list[AttackOutcome]] = {}
    for outcome in outcomes:
        ways.setdefault(outcome.attacker, []).append(outcome)
    return max(share(mine, part) for mine in ways.values())


def price_table(cells: Cells) -> str:
    """Return `suspect / alert` by networks and days."""
    networks = sorted({n for n, _ in cells})
    days = sorted({d for _, d in cells}, key=lambda d: d or 10**9)
    rows = [
        (
            str(n),
            *(f"{best(cells[n, d], 'suspects'):.2f} / {best(cells[n, d], 'alerts'):.2f}"
              for d in days),
        )
        for n in networks
    ]  # fmt: skip
    said = [f"{d} days" if d > 1 else "1 day" if d else "always" for d in days]
    return table(("networks", *said), rows)


def price_of(cells: Cells, part: str) -> str:
    """Return the cheapest networks × days at which half of the stamps turn."""
    half = [(n * d, n, d) for (n, d), outcomes in cells.items() if best(outcomes, part) >= 0.5]
    if not half:
        return f"more than {max(n for n, _ in cells)} networks × {max(d for _, d in cells)} days"
    _, networks, days = min(half)
    return f"{networks} × {days}"


def price_summary(by_target: Mapping[Target, Cells]) -> str:
    """Return the price of an accusation for each kind of stamp."""
    rows = [
        (target, price_of(cells, "suspects"), price_of(cells, "alerts"))
        for target, cells in by_target.items()
    ]
    head = ("stamps", "networks × days until half turn suspect", "until half are alerted")
    return table(head, rows)


def tables(by_target: Mapping[Target, Cells], masks: Cells) -> dict[str, str]:
    """Return every table of prices by its name in the page."""
    return {
        "price": price_summary(by_target),
        "price-scanned": price_table(by_target[Target.SCANNED_ONCE]),
        "price-unscanned": price_table(by_target[Target.UNSCANNED]),
        "price-mask": price_table(masks),
    }
