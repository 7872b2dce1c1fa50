"""`python -m benchmarks [NAME …] [--json] [--quick]`: measure, beside the peers, and say it."""

import argparse
import importlib
import json
import pkgutil
import sys

import benchmarks

NAMES = ("issue", "print", "resolve", "memory", "detect")


def main() -> int:
    """Run the named benchmarks (all by default); one line a figure."""
    here = {module.name for module in pkgutil.iter_modules(benchmarks.__path__)}
    known = [name for name in NAMES if name in here]
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=" · ".join(known))
    parser.add_argument("--json", action="store_true", help="one JSON line a figure")
    parser.add_argument("--quick", action="store_true", help="under a minute a name; rougher")
    options = parser.parse_args()
    if unknown := [name for name in options.names if name not in known]:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(known)}")
    for name in options.names or known:
        module = importlib.import_module(f"benchmarks.{name}")
        for figure in module.run(options.quick):
            if options.json:
                print(json.dumps(figure.document(), ensure_ascii=False), flush=True)
            else:
                beside = "  ".join(
                    f"{ratio:,.2f} × {peer}" for peer, ratio in figure.ratios.items()
                )
                print(
                    f"{figure.name:26} {figure.figure:>16,.6g} {figure.unit:12} {beside}",
                    flush=True,
                )
    return 0


if __name__ == "__main__":
    sys.exit(main())
