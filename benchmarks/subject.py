"""Commands that run a checkout's code for a benchmark, also from a later checkout (`--against`).

    python -m benchmarks.subject COMMAND ARGUMENT

`ARGUMENT` is a JSON object. A later checkout runs these commands of an earlier one, so their
arguments and answers stay as they are.

| command | does |
|---|---|
| `furnish` | make the ledger `ledger` with one activated batch of `stamps`; prints its number |
| `serve` | serve `ledger` with history and journal at `redis` (`embedded`: history in the process) by `workers` behind `trusted_proxies`; prints the address, ends by SIGTERM |
| `bodies` | write `count` bodies of `POST /v1/scans` for the codes in `codes`, from number `first` on, to `out` |
| `rates` | for each line `NAME COUNT` on the input do that work and print units per second |
| `replay` | judge the recording `scans` by `judge` into `answers`; prints seconds of processor and clock |
"""  # noqa: E501 - a table

import asyncio
import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import structlog

from benchmarks.peers.service import run_service
from benchmarks.testbed import furnish_ledger, write_scan_bodies


def furnish(argument: Mapping[str, Any]) -> None:
    """Make a ledger with one activated batch."""
    print(asyncio.run(furnish_ledger(argument["ledger"], argument["stamps"])))


def serve(argument: Mapping[str, Any]) -> None:
    """Serve the ledger until SIGTERM."""
    redis = argument["redis"]
    run_service({
        "ledger": argument["ledger"],
        "history": "memory://" if argument.get("embedded") else redis,
        "journal": redis,
        "workers": argument.get("workers", 1),
        "trusted_proxies": argument.get("trusted_proxies", []),
        "redis_loss_accepted": True,  # the Redis of benchmarks does not write to disk
        "port": 0,
        "admin_port": 0,
    })  # fmt: skip


def bodies(argument: Mapping[str, Any]) -> None:
    """Write bodies of scans."""
    codes = Path(argument["codes"]).read_text().split()
    write_scan_bodies(Path(argument["out"]), codes, argument["first"], argument["count"])
    print("null")


def rates(_: Mapping[str, Any]) -> None:
    """Do the work that each line of the input names."""
    # Imported here, because the other commands do not need the encoders of the peers.
    from benchmarks import issue
    from benchmarks import print as printing

    work = {
        "issue.sealed": issue.prepare_sealing,
        "issue.signed": issue.prepare_signing,
        "print.symbols": printing.prepare_symbols,
        "print.pdf_labels": printing.prepare_pdf_labels,
        "print.csv_lines": printing.prepare_csv_lines,
    }
    prepared: dict[str, Callable[[], object]] = {}
    for line in sys.stdin:
        name, count = line.split()
        if line not in prepared:
            prepared[line] = work[name](int(count))
        start = time.process_time()
        prepared[line]()
        print(int(count) / (time.process_time() - start), flush=True)


def replay(argument: Mapping[str, Any]) -> None:
    """Judge a recording as `veritem replay` does."""
    from benchmarks.detection.baselines import BASELINES
    from benchmarks.replaying import COUNTING
    from cli.replay import judge_recording, pause_garbage_collection, write_outcomes

    judge = BASELINES[COUNTING] if argument["judge"] == COUNTING else judge_recording
    clock, processor = time.perf_counter(), time.process_time()
    with (
        Path(argument["scans"]).open("rb") as scans,
        Path(argument["answers"]).open("wb") as answers,
        pause_garbage_collection(),
    ):
        write_outcomes(judge(scans), answers)
    processor = time.process_time() - processor
    print(json.dumps({"processor": processor, "clock": time.perf_counter() - clock}))


COMMANDS: Final[Mapping[str, Callable[[Mapping[str, Any]], None]]] = {
    "furnish": furnish,
    "serve": serve,
    "bodies": bodies,
    "rates": rates,
    "replay": replay,
}


if __name__ == "__main__":
    # Callers read answers and addresses on standard output.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    COMMANDS[sys.argv[1]](json.loads(sys.argv[2]))
