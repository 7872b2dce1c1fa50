"""The scanned stamps of the simulated world, as `detection.drift` counts them.

`python -m benchmarks.detection.distribution` writes `simulated_stamps.json`, which the
desk compares the stamps of the service with. Run it again when the simulation, the features or the
weights change. The world has a held-out seed.
"""

import json
from typing import Any, Final

import orjson

from benchmarks.detection.campaign import HELD_OUT
from detection.drift import count_bins
from detection.replay_format import IntroducedStamp, ScanParser
from detection.rules import Rules
from detection.scan_event import ScanEvent
from detection.threshold_trial import TriedStamp, try_thresholds
from services.alerts.simulated_stamps import SIMULATED_FILE
from simulation import Parameters, World, build_world

SCAN_RATE: Final = 0.05
ACTIVE: Final = 1_000_000


def judge_world(world: World, rules: Rules) -> list[TriedStamp]:
    """Judge each scanned stamp of a world by itself, as a review judges the stamps of a ledger."""
    parser = ScanParser({})
    introduced: dict[str, IntroducedStamp] = {}
    events: dict[str, list[ScanEvent]] = {}
    for line in world.replay_lines():
        fields: dict[str, Any] = orjson.loads(line)
        if "scan" in fields:
            events.setdefault(fields["scan"], []).append(parser.parse_scan(fields))
        else:
            introduced[fields["stamp"]] = IntroducedStamp(fields)
    return [
        try_thresholds(scans, introduced[name].context, [rules], rules)
        for name, scans in events.items()
        if name in introduced
    ]


def describe_world(seed: int, active: int = ACTIVE) -> dict[str, Any]:
    """Return what the file says of the world of a seed."""
    world = build_world(seed, Parameters(active=active, scan_rate=SCAN_RATE))
    stamps = [stamp for stamp in judge_world(world, Rules()) if stamp.history.scans]
    alerts = [stamp for stamp in stamps if stamp.alerts[0]]
    return {
        "seed": seed,
        "active": active,
        "scan_rate": SCAN_RATE,
        "scanned": count_bins(stamps),
        "alerts": count_bins(alerts),
    }


def main() -> None:
    """Write the file."""
    text = json.dumps(describe_world(HELD_OUT[0]), indent=1)
    SIMULATED_FILE.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
