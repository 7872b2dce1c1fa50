"""Rates of work without servers (`issue.*`, `print.*`), beside peers and a baseline checkout.

This checkout and the baseline each have a process of their own; peers run in this one.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack

from benchmarks.figures import Figure, compare, interleave
from benchmarks.plan import Plan


def measure_rate(count: int, work: Callable[[], object]) -> float:
    """Do `count` units of work and return units per second of processor time."""
    start = time.process_time()
    work()
    return count / (time.process_time() - start)


def compare_work(
    plan: Plan,
    name: str,
    unit: str,
    count: int,
    peers: Mapping[str, Callable[[], float]],
    rounds: int,
) -> Figure:
    """Measure the work `name` of `benchmarks.subject` in turns with its peers (a rate each)."""
    with ExitStack() as stack:
        ours = stack.enter_context(plan.checkout.run_rate_worker())
        runs: dict[str, Callable[[], float]] = {"veritem": lambda: ours.measure(name, count)}
        if plan.baseline is not None:
            baseline = stack.enter_context(plan.baseline.run_rate_worker())
            runs["baseline"] = lambda: baseline.measure(name, count)
        interleave(runs, 1)  # prepared, and caches filled
        _, rates = interleave({**runs, **peers}, rounds)
    return compare(name, unit, rates)
