"""Make worlds, try a judge on training seeds, or judge it on the held-out ones.

python -m benchmarks.detection make --seed 1 --out DIR      scans.jsonl and truth.jsonl
python -m benchmarks.detection try                          gates on a training seed
python -m benchmarks.detection evaluate --page docs/detection.md
python -m benchmarks.detection attackers --page docs/detection.md
python -m benchmarks.detection price --page docs/detection.md
python -m benchmarks.detection small-runs --against PATH --page docs/detection.md
python -m benchmarks.detection reports --page docs/detection.md
"""

import argparse
import importlib
import json
import sys
import tempfile
import time
from dataclasses import asdict, replace
from pathlib import Path

from benchmarks.checkout import Checkout
from benchmarks.detection import price
from benchmarks.detection.attacker_tables import (
    attacker_gates,
    attacker_list,
    attacker_parameter_table,
    attacker_table,
)
from benchmarks.detection.attackers import WORLD as ATTACKED_WORLD
from benchmarks.detection.attackers import judge_attackers, list_judges
from benchmarks.detection.baselines import Judge
from benchmarks.detection.budgets import measure_loss
from benchmarks.detection.campaign import (
    HELD_OUT,
    OURS,
    TEN_MILLION,
    WorldKind,
    judge_all,
    list_world_kinds,
)
from benchmarks.detection.earlier import EarlierJudge
from benchmarks.detection.evaluate import judged, tally
from benchmarks.detection.gates import false_rate, gates, precision
from benchmarks.detection.report import gate_table, recall_table, table, tables, write_into
from benchmarks.detection.reporting import RATES as REPORT_RATES
from benchmarks.detection.reporting import judge_reports, report_table, reporter_parameter_table
from benchmarks.detection.small_runs import WORLD as SMALL_RUNS
from benchmarks.detection.small_runs import (
    draw_small_runs,
    false_alert_table,
    judge_small_runs,
    small_run_table,
)
from detection.rules import Rules
from simulation import ATTACKERS, Parameters, build_attacked_world, build_world


def make_world(args: argparse.Namespace) -> None:
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
    world = build_world(args.seed, p)
    if args.attacker:
        (attacker,) = (x for x in ATTACKERS if x.name == args.attacker)
        world = build_attacked_world(world, attacker)
    with (out / "scans.jsonl").open("wb") as file:
        file.writelines(world.replay_lines())
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


def judge_called(name: str) -> Judge:
    """Import a judge by `module:function`."""
    module, _, function = name.partition(":")
    judge: Judge = getattr(importlib.import_module(module), function)
    return judge


def attempt(args: argparse.Namespace) -> None:
    """Judge one training world, for calibration."""
    if args.seed not in range(1, 6):
        raise SystemExit("a judge is tried on the training seeds 1-5 only")
    judge = judge_called(args.judge)
    p = replace(Parameters(), active=args.active, scan_rate=args.rate, prevalence=args.prevalence)
    world = build_world(args.seed, p)
    began = time.perf_counter()
    verdicts = judged(world, judge)
    took = time.perf_counter() - began
    counted = tally(world, verdicts)
    print(recall_table({f"rate {rate:g}": {OURS: [counted]} if rate == args.rate else {}
                        for rate in (0.002, 0.01, 0.05, 0.10)}))  # fmt: skip
    head = ("trouble", "stamps", "alerts", "suspect", "caution", "pure", "a", "s", "c")
    print(table(head, [(n, *map(str, c)) for n, c in counted.troubles.items()]))
    for part in ("false_alerts", "false_suspects", "false_cautions"):
        print(f"{part} per genuine stamp: {false_rate([counted], part).value:.2e}")
    print(f"precision {precision([counted]).value:.3f}; told apart {counted.told_apart}")
    print(f"{len(world.events) / took:,.0f} lines/s, writing the lines included")


def evaluate(args: argparse.Namespace) -> None:
    """Judge the held-out worlds, print the gates, and write tables and pictures into a page."""
    from benchmarks.detection.pictures import draw  # matplotlib is slow to load

    seeds = tuple(args.seeds)
    which: list[WorldKind] = list_world_kinds(seeds)
    if not args.whole:
        which = [one for one in which if not one.name.startswith(TEN_MILLION)]
    found = judge_all(judge_called(args.judge), args.cache, which)
    print(gate_table(gates(found)))
    if args.page:
        write_into(args.page, tables(found))
        draw(found, args.page.parent / "detection")


def attackers(args: argparse.Namespace) -> None:
    """Judge the worlds of all attackers; write tables and gates into a page."""
    judges = list_judges(judge_called(args.judge), earlier_judge(args.against))
    chosen = [x for x in ATTACKERS if args.only in x.name]
    world = replace(ATTACKED_WORLD, active=args.active)
    found = judge_attackers(judges, args.seeds, args.cache / "attackers", chosen, world)
    written = {"attackers": attacker_table(found)}
    if not args.only:
        written |= {
            "attacker-gates": gate_table(attacker_gates(found)),
            "attacker-list": attacker_list(),
            "attacker-parameters": attacker_parameter_table(),
        }
    publish(written, args.page)


def sweep_prices(args: argparse.Namespace) -> None:
    """Sweep networks × days of an accusation and of a mask."""
    judge, cache = judge_called(args.judge), args.cache / "price"
    by_target = {
        target: price.sweep_framings(judge, args.seeds, cache, target) for target in price.FRAMED
    }
    masks = price.sweep_masks(judge, args.seeds, cache)
    publish(price.tables(by_target, masks), args.page)


def compare_small_runs(args: argparse.Namespace) -> None:
    """Compare this judge with the earlier one on small runs of copies."""
    earlier = earlier_judge(args.against)
    if earlier is None:
        raise SystemExit("small runs are compared with an earlier judge: --against PATH")
    found = judge_small_runs(
        judge_called(args.judge), earlier, args.seeds, args.cache / "small",
        replace(SMALL_RUNS, active=args.active),
    )  # fmt: skip
    written = {"small-runs": small_run_table(found), "small-run-alerts": false_alert_table(found)}
    if args.page:
        picture = "detection/small_runs.png"
        draw_small_runs(found, args.page.parent / picture)
        written["small-runs"] = f"![Recall against K]({picture})\n\n{written['small-runs']}"
    publish(written, args.page)


def measure_reports(args: argparse.Namespace) -> None:
    """Measure what consumers' reports find and what a rival reaches with them."""
    judge, p = judge_called(args.judge), replace(Parameters(), active=args.active)
    found = {
        rate: judge_reports(judge, args.seeds, replace(p, scan_rate=rate)) for rate in REPORT_RATES
    }
    publish(
        {"reports": report_table(found), "report-parameters": reporter_parameter_table()},
        args.page,
    )


def measure_budgets(args: argparse.Namespace) -> None:
    """Measure how many honest scans weigh nothing."""
    judge, rules, rows = judge_called(args.judge), Rules(), []
    for seed in args.seeds:
        world = build_world(seed, replace(Parameters(), active=args.active))
        loss = measure_loss(world, judge(world.replay_lines()), rules)
        rows.append(
            (str(seed), f"{loss.scans:,}", f"{loss.beyond_budget:.1e}", f"{loss.discredited:.1e}",
             f"{loss.busiest_per_minute:,.0f}")
        )  # fmt: skip
    head = ("seed", "honest scans", "beyond the budget", "discredited", "busiest gateway a minute")
    publish({"budgets": table(head, rows)}, args.page)


def earlier_judge(path: Path | None) -> EarlierJudge | None:
    """Return the judge of another checkout, if there is one."""
    return EarlierJudge(Checkout(path.resolve())) if path else None


def publish(written: dict[str, str], page: Path | None) -> None:
    """Print the tables, and write them into a page if there is one."""
    for name, text in written.items():
        print(f"\n{name}\n\n{text}")
    if page:
        write_into(page, written)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.detection",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("make", help="write one world")
    one.add_argument("--out", type=Path, required=True)
    one.add_argument("--location-error", type=float, default=Parameters.location_error)
    one.add_argument(
        "--attacker", choices=[x.name for x in ATTACKERS], metavar="NAME",
        help="with this attacker (docs/detection.md lists them)",
    )  # fmt: skip
    one.set_defaults(run=make_world)
    some = commands.add_parser("try", help="try a judge on a training seed")
    some.set_defaults(run=attempt)
    for command in (one, some):
        command.add_argument("--seed", type=int, default=1, help="1-5 train; hold out the others")
        command.add_argument("--rate", type=float, default=Parameters.scan_rate)
        command.add_argument("--prevalence", type=float, default=Parameters.prevalence)
        command.add_argument("--active", type=int, default=Parameters.active)
    full = commands.add_parser("evaluate", help="judge the held-out worlds")
    full.add_argument("--whole", action="store_true", help="the world of ten million stamps too")
    full.set_defaults(run=evaluate)
    hostile = commands.add_parser("attackers", help="judge the worlds of attackers")
    hostile.add_argument("--only", default="", help="attackers with this in their name")
    hostile.set_defaults(run=attackers)
    sweep = commands.add_parser("price", help="sweep networks × days of an attack")
    sweep.set_defaults(run=sweep_prices)
    small = commands.add_parser("small-runs", help="compare recall for K = 10 to 100")
    hostile.add_argument("--active", type=int, default=ATTACKED_WORLD.active)
    small.add_argument("--active", type=int, default=SMALL_RUNS.active)
    small.set_defaults(run=compare_small_runs)
    budgets = commands.add_parser("budgets", help="measure what budgets take from honest people")
    budgets.add_argument("--active", type=int, default=Parameters.active)
    budgets.set_defaults(run=measure_budgets)
    reports = commands.add_parser("reports", help="measure what consumers' reports do")
    reports.add_argument("--active", type=int, default=Parameters.active)
    reports.set_defaults(run=measure_reports)
    for command in (hostile, small):
        command.add_argument(
            "--against", type=Path, metavar="PATH", help="another checkout, whose judge is compared"
        )
    for command in (full, hostile, sweep, small, budgets, reports):
        command.add_argument("--page", type=Path, help="write tables and pictures into this page")
        command.add_argument("--seeds", type=int, nargs="+", default=[*HELD_OUT])
        command.add_argument(
            "--cache", type=Path, default=Path(tempfile.gettempdir()) / "veritem-detection",
            help="finished tallies are kept here; empty it when the judge or the world changes",
        )  # fmt: skip
    for command in (some, full, hostile, sweep, small, budgets, reports):
        command.add_argument(
            "--judge", default="cli.replay:judge_recording", help="module:function"
        )
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
