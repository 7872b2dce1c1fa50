"""`python -m benchmarks.detection make`: write a world as a replay file and its truth."""

import argparse
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

from benchmarks.detection.world import Parameters, build


def make(args: argparse.Namespace) -> None:
    """Write scans.jsonl, truth.jsonl and world.json of one world."""
    began = time.perf_counter()
    p = Parameters(
        active=args.active,
        scan_rate=args.rate,
        prevalence=args.prevalence,
        location_error=args.location_error,
    )
    out: Path = args.out
    out.mkdir(parents=True, exist_ok=True)
    world = build(args.seed, p)
    with (out / "scans.jsonl").open("wb") as file:
        file.writelines(world.lines())
    with (out / "truth.jsonl").open("wb") as file:
        file.writelines(world.truth_lines())
    about = {
        "seed": args.seed,
        "stamps_with_a_line": len(set(world.events["stamp"].tolist())),
        "scans_and_visits": len(world.events),
        "attacked": int(world.truth.attacked.sum()),
        "parameters": asdict(p),
    }
    (out / "world.json").write_text(json.dumps(about, indent=1) + "\n")
    took = time.perf_counter() - began
    print(f"{len(world.events):,} scans and visits in {took:.1f} s: {out}", file=sys.stderr)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.detection", description=__doc__)
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("make", help="write one world")
    one.add_argument("--seed", type=int, required=True, help="1-5 train; hold out the others")
    one.add_argument("--out", type=Path, required=True)
    one.add_argument("--rate", type=float, default=Parameters.scan_rate)
    one.add_argument("--prevalence", type=float, default=Parameters.prevalence)
    one.add_argument("--active", type=int, default=Parameters.active)
    one.add_argument("--location-error", type=float, default=Parameters.location_error)
    one.set_defaults(run=make)
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
