"""Measure Veritem and its peers: `python -m benchmarks [NAME …] [--json] [--against PATH]`."""

import argparse
import importlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Final

from benchmarks.checkout import Checkout
from benchmarks.errors import BenchmarkError
from benchmarks.figures import Figure
from benchmarks.page import RESULTS
from benchmarks.plan import Plan
from benchmarks.programs import require_programs
from tests.servers import ServerMissing

NAMES: Final = (
    "issue", "print", "resolve", "memory", "detect", "doors", "phone", "desk", "field", "trace",
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the named benchmarks (all by default); one line a figure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=" · ".join(NAMES))
    parser.add_argument("--json", action="store_true", help="one JSON line a figure")
    parser.add_argument("--quick", action="store_true", help="under a minute a name; rougher")
    parser.add_argument("--save", action="store_true", help="write benchmarks/results/NAME.json")
    parser.add_argument(
        "--scans", type=int, metavar="COUNT", help="scans in the ledger of desk: 50000000"
    )
    parser.add_argument(
        "--against",
        type=Path,
        metavar="PATH",
        help="another checkout with its compiled tree, measured in turns as the peer `baseline`",
    )
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.names if name not in NAMES]:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(NAMES)}")
    try:
        baseline = Checkout(options.against.resolve()) if options.against else None
        plan = Plan(quick=options.quick, scans=options.scans, baseline=baseline)
        benchmarks = {name: _import_benchmark(name) for name in options.names or NAMES}
        require_programs(
            program
            for benchmark in benchmarks.values()
            for program in getattr(benchmark, "PROGRAMS", ())
        )
        for name, benchmark in benchmarks.items():
            documents = []
            for figure in benchmark.run(plan):
                print(_format_figure(figure, as_json=options.json), flush=True)
                documents.append(figure.document())
            if options.save:
                text = json.dumps(documents, indent=1, ensure_ascii=False)
                (RESULTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    except (BenchmarkError, ServerMissing) as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    return 0


def _import_benchmark(name: str) -> ModuleType:
    try:
        return importlib.import_module(f"benchmarks.{name}")
    except ModuleNotFoundError as error:
        raise BenchmarkError(f"{error.name} is not installed: make dev") from error


def _format_figure(figure: Figure, *, as_json: bool) -> str:
    if as_json:
        return json.dumps(figure.document(), ensure_ascii=False)
    ratios = "  ".join(f"{ratio:,.2f} × {peer}" for peer, ratio in figure.ratios.items())
    return f"{figure.name:26} {figure.figure:>16,.6g} {figure.unit:12} {ratios}"


if __name__ == "__main__":
    sys.exit(main())
