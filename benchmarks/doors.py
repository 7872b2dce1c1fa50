"""Cost of hostile requests beside an honest page, and delay of honest people in a flood.

- `doors.page`, `doors.desk_page`: processor time of an honest page: a stamp's, and the list of lots
  of somebody who is signed in.
- `doors.KIND`, `doors.desk_KIND`: processor time of a hostile request of that kind, with
  `honest_page` of the same service as its peer (`benchmarks.hostile_requests` has the kinds). An
  idle connection is opened, sends nothing and is closed. `desk_sign_in` counts the passwords that
  are hashed while the flood lasts.
- `doors.KIND_p99`, `doors.desk_KIND_p99`: 99th percentile of the honest page's time during a flood
  of that kind, in milliseconds, by an open-loop generator, with `page_p99`, the time without a
  flood, as its peer `no_flood`.
- `doors.generator_p99`, `doors.desk_generator_p99`: 99th percentile of the delay of that generator
  itself, in the flood in which it was longest. Where this is not far below the other times, they
  tell of the generator.

wrk sends a flood over 64 connections as fast as it is answered. Each service has one core; wrk,
Redis and the honest generator share the other, and wrk and the idle connections yield to the
generator. Each round has one run of each kind.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Final
from urllib.parse import urlencode, urlsplit

from benchmarks.checkout import ROOT, read_address
from benchmarks.errors import BenchmarkError
from benchmarks.figures import Figure, compare, interleave
from benchmarks.hostile_requests import PAGE, join_requests, of_desk, of_resolver
from benchmarks.load.cpu_time import list_process_tree, measure_cpu_seconds
from benchmarks.load.open_loop import OpenLoop
from benchmarks.load_generator import run_wrk
from benchmarks.peers.desk import ACCOUNT, HOSTILE_ACCOUNT, PASSWORD
from benchmarks.plan import Plan
from benchmarks.programs import start_program, stop_program
from benchmarks.testbed import LOAD_CORE, SERVER_CORE, run_testbed

PROGRAMS: Final = ("taskset", "wrk", "redis-server")
HONEST: Final = "honest_page"
IDLE: Final = "idle_connection"
_MICRO: Final = 1e6
_MILLI: Final = 1e3
_NICENESS: Final = 19
"""Rate of a flood: it must not delay the honest generator, which shares its core."""
_LEAD_SECONDS: Final = 0.3
"""Time from the beginning of a flood to the first honest page."""
_PREFIXES: Final = {"resolver": "doors.", "desk": "doors.desk_"}
_HONEST_RATES: Final = {"resolver": 200.0, "desk": 40.0}
"""Honest requests per second during a flood."""


@dataclass(frozen=True)
class Service:
    """A running service, its processes, and the requests that are sent to it by kind."""

    name: str
    url: str
    processes: Sequence[int]
    requests: dict[str, list[bytes]]
    files: dict[str, Path]

    @property
    def port(self) -> int:
        """Its public port."""
        return urlsplit(self.url).port or 0

    def processor_seconds(self) -> float:
        """Processor time that its processes have used."""
        return sum(map(measure_cpu_seconds, self.processes))


def run(plan: Plan) -> Iterator[Figure]:
    """Measure."""
    seconds, rounds, longer = (1.0, 1, 1.0) if plan.quick else (4.0, 5, 8.0)
    os.sched_setaffinity(0, {LOAD_CORE})  # the honest generator runs in this process
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="veritem-bench-")))
        for start in (_start_resolver, _start_desk):
            service = start(plan, stack, directory)
            yield from _compare_costs(service, seconds, rounds)
            yield from _measure_delays(service, longer)


def _start_resolver(plan: Plan, stack: ExitStack, directory: Path) -> Service:
    testbed = stack.enter_context(run_testbed(plan.checkout))
    return _start(
        "resolver",
        directory,
        lambda: stack.enter_context(testbed.run_service(trusted_proxies=["127.0.0.1"])),
        lambda _url: of_resolver(),
    )


def _start_desk(_: Plan, stack: ExitStack, directory: Path) -> Service:
    def start() -> str:
        command = [sys.executable, "-m", "benchmarks.peers.desk", str(directory)]
        program = start_program(command, SERVER_CORE, ROOT)
        stack.callback(stop_program, program)
        return read_address(program, "the desk")

    return _start(
        "desk",
        directory,
        start,
        lambda url: of_desk(_sign_in(url, ACCOUNT), _sign_in(url, HOSTILE_ACCOUNT)),
    )


def _start(
    name: str,
    directory: Path,
    start: Callable[[], str],
    make_requests: Callable[[str], dict[str, list[bytes]]],
) -> Service:
    before = set(list_process_tree(os.getpid()))
    url = start()
    processes = sorted(set(list_process_tree(os.getpid())) - before)
    requests = make_requests(url)
    files = {kind: directory / f"{name}.{kind}" for kind in requests}
    for kind, file in files.items():
        file.write_bytes(join_requests(requests[kind]))
    return Service(name, url, processes, requests, files)


def _sign_in(url: str, account: str) -> str:
    """The cookies of somebody who has signed in at the desk."""

    class _Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: object) -> None:
            return None

    body = urlencode({"name": account, "password": PASSWORD}).encode()
    try:
        urllib.request.build_opener(_Stay).open(f"{url}/sign-in", body)
    except urllib.error.HTTPError as answer:
        if answer.code == 303:
            cookies = answer.headers.get_all("Set-Cookie") or []
            return "; ".join(cookie.partition(";")[0] for cookie in cookies)
    raise BenchmarkError("nobody could sign in at the desk")


def _compare_costs(service: Service, seconds: float, rounds: int) -> Iterator[Figure]:
    """Processor time of each kind of request, with that of the honest page."""

    def measure(kind: str) -> Callable[[], float]:
        def run_once() -> float:
            before = service.processor_seconds()
            requests = _flood(service, kind, seconds)
            return _MICRO * (service.processor_seconds() - before) / max(1, requests)

        return run_once

    kinds = [*service.requests, IDLE]
    runs = {kind: measure(kind) for kind in kinds}
    _flood(service, PAGE, 1.0)  # lots rendered, histories loaded
    _, costs = interleave(runs, rounds)
    for kind in kinds:
        peers = {} if kind == PAGE else {HONEST: costs[PAGE]}
        yield compare(
            _PREFIXES[service.name] + kind, "µs of processor", {kind: costs[kind], **peers}
        )


def _measure_delays(service: Service, seconds: float) -> Iterator[Figure]:
    """The honest page's 99th percentile without a flood and during one of each kind."""
    prefix = _PREFIXES[service.name]
    alone, lag = asyncio.run(_serve_meanwhile(service, None, seconds))
    yield Figure(f"{prefix}{PAGE}_p99", alone, "ms")
    for kind in (*(kind for kind in service.requests if kind != PAGE), IDLE):
        flooded, lag_now = asyncio.run(_serve_meanwhile(service, kind, seconds))
        lag = max(lag, lag_now)
        yield Figure(
            f"{prefix}{kind}_p99",
            flooded,
            "ms",
            peers={"no_flood": alone},
            ratios={"no_flood": flooded / alone},
        )
    yield Figure(f"{prefix}generator_p99", lag, "ms")


async def _serve_meanwhile(
    service: Service, kind: str | None, seconds: float
) -> tuple[float, float]:
    """The honest page's p99 while a flood of a kind lasts, and its generator's own; in ms."""
    pages = service.requests[PAGE]
    load = OpenLoop(
        "127.0.0.1",
        service.port,
        lambda number: pages[number % len(pages)],
        lambda _number, _status, _body: None,
        rate=_HONEST_RATES[service.name],
        connections=32,
    )
    flood = None
    if kind is not None:
        flood = asyncio.create_task(asyncio.to_thread(_flood, service, kind, seconds))
        await asyncio.sleep(_LEAD_SECONDS)
    result = await load.run(seconds - _LEAD_SECONDS)
    if flood is not None:
        await flood
    if result.unanswered or set(result.statuses) != {200}:
        raise BenchmarkError(
            f"{service.name}, {kind}: honest pages were answered {dict(result.statuses)}, "
            f"{result.unanswered} were not"
        )
    return _find_p99(result.latencies), _find_p99(result.lag)


def _find_p99(times: Sequence[float]) -> float:
    return _MILLI * quantiles(times, n=100, method="inclusive")[-1]


def _flood(service: Service, kind: str, seconds: float) -> int:
    """Send requests of a kind as fast as they are answered; how many."""
    if kind == IDLE:
        command = ["taskset", "-c", str(LOAD_CORE), "nice", "-n", str(_NICENESS)]
        command += [sys.executable, "-m", "benchmarks.idle_connections"]
        command += [str(service.port), str(seconds)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT)
        return int(done.stdout)
    measured = run_wrk(
        service.url,
        seconds,
        script="requests",
        core=LOAD_CORE,
        niceness=_NICENESS,
        REQUESTS=service.files[kind],
    )
    if kind == PAGE and measured.errors:
        raise BenchmarkError(
            f"{service.name}: {measured.errors} honest pages were not answered 200"
        )
    return measured.requests
