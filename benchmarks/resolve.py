"""The public service: requests per second of one worker on one core, with its peers.

History and journal on Redis, ledger on SQLite; wrk and Redis share the other core. Requests carry a
phone's headers. 20,000 different stamps are viewed, 400,000 scanned. Each round has one run of each
kind.

- `resolve.get`: the verdict page, compressed, as a phone receives it.
- `resolve.json`: the same as JSON.
- `resolve.post`: a scan with its own token: verified, judged, swapped, journaled, answered.
- `resolve.signed`: the page of a signed stamp seen before; `resolve.signed_first` checks the
  signature.
- `resolve.embedded`: the page with `memory://`.
- `resolve.home`: the page with the form for a code: no stamp and no Redis, only HTTP and Python.
- `resolve.linkset`: all links of a lot (RFC 9264); `resolve.link`: the redirect to the link in the
  reader's language.
- `resolve.p99`: the 99th percentile in milliseconds at 70 % of the peak of `resolve.get`.
- `resolve.workers2`: two workers compared with one, each limited to a third of a core, so that wrk
  and Redis have enough processor time; `resolve.workers2_crowded`: not limited, with wrk and Redis
  on the same two cores.

`aiohttp_hello` is an aiohttp application on uvloop with one route that returns a body of the same
size. `nginx_lua_redis` is nginx with Lua that sends GET and INCR to the same Redis. The service
runs with its compiled modules (`ops/compile.py`); `interpreted` is the same worker without them.
`baseline` is the checkout of `--against`, with its own ledger and Redis server.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks.errors import BenchmarkError
from benchmarks.figures import Figure, compare, interleave
from benchmarks.load_generator import Measurement, run_wrk
from benchmarks.peers.hello import run_hello
from benchmarks.peers.nginx_lua import run_nginx
from benchmarks.plan import Plan
from benchmarks.programs import LUA_MODULE
from benchmarks.testbed import (
    LOAD_CORE,
    SCANNED,
    SERVER_CORE,
    SIGNER,
    STAMPS,
    VIEWED,
    Testbed,
    list_linked_items,
    measure_body,
    run_testbed,
    seal_codes,
    write_targets,
)
from stamps.signature import MESSAGE_PREFIX, encode_signature

PROGRAMS: Final = ("taskset", "wrk", "redis-server", "nginx", LUA_MODULE)
HELLO: Final = "aiohttp_hello"
NGINX: Final = "nginx_lua_redis"
INTERPRETED: Final = "interpreted"
BASELINE: Final = "baseline"
_CONNECTIONS: Final = 64
_THIRD: Final = 0.35
"""Share of a core for each worker, so that wrk and Redis have enough processor time."""
_SMALL: Final = ("json", "link", "linkset", "post")
"""Figures whose answers are compared with small ones of the peers."""
_JSON_BYTES: Final = 1_100
"""Size of a JSON answer with its lot."""
_WARM_EVERY: Final = 64
"""Every 64th of the stamps to scan is viewed before: four of each history shard."""


def run(plan: Plan) -> Iterator[Figure]:
    """Measure."""
    seconds, rounds = (1.0, 3) if plan.quick else (4.0, 7)
    with ExitStack() as stack:
        testbed = stack.enter_context(run_testbed(plan.checkout))
        baseline = (
            stack.enter_context(run_testbed(plan.baseline)) if plan.baseline is not None else None
        )
        bench = _Bench(testbed, baseline, seconds, rounds)
        yield from bench.measure_one_worker()
        yield bench.compare_workers("resolve.workers2", share=_THIRD)
        yield bench.compare_workers("resolve.workers2_crowded", share=None)


class _Bench:
    """The service, its baseline, its peers, and the targets of all requests."""

    def __init__(
        self, testbed: Testbed, baseline: Testbed | None, seconds: float, rounds: int
    ) -> None:
        self._testbed = testbed
        self._baseline = baseline
        self._seconds = seconds
        self._rounds = rounds
        codes = seal_codes(STAMPS)
        viewed, others = codes[:VIEWED], codes[VIEWED + SCANNED :]
        self._first = viewed[0]
        self._viewed = self._write("viewed", [f"/S/{code}" for code in viewed])
        self._hello = self._write("hello", ["/hello"])
        self._home = self._write("home", ["/"])
        scanned = codes[VIEWED : VIEWED + SCANNED : _WARM_EVERY]
        self._warm = self._write("warm", [f"/S/{code}" for code in scanned])
        self._linked = self._write("linked", [f"{item}/10/L7" for item in list_linked_items()])
        # Few enough that the first runs verify all: verified signatures are cached.
        self._signed = self._write("signed", [_sign_target(code) for code in viewed[:4_000]])
        # Upper and lower case alternate, so that the cache of a stamp always holds the other text.
        both = [
            text for code in others for text in (_sign_target(code), _sign_target(code).lower())
        ]
        self._unseen = self._write("unseen", both)

    def measure_one_worker(self) -> Iterator[Figure]:
        """Measure all figures of one worker."""
        with ExitStack() as stack:
            enter = stack.enter_context
            ours = enter(self._testbed.run_service())
            plain = enter(self._testbed.run_service(compiled=False))
            embedded = enter(self._testbed.run_service(embedded=True))
            services = {INTERPRETED: plain}
            if self._baseline is not None:
                services[BASELINE] = enter(self._baseline.run_service())
            for url in (ours, embedded, *services.values()):  # lots rendered, histories loaded
                self._drive(url, self._viewed, seconds=3)
                self._drive(url, self._warm, seconds=2)
            self._drive(ours, self._signed, seconds=4)
            scans = {url: self._testbed.scan_load(url) for url in (ours, plain)}
            if self._baseline is not None:
                scans[services[BASELINE]] = self._baseline.scan_load(services[BASELINE])
            page = self._run_peers(stack, measure_body(f"{ours}/S/{self._first}"))
            small = self._run_peers(stack, _JSON_BYTES)

            def get(url: str, targets: Path) -> Callable[[], float]:
                return lambda: self._drive(url, targets).rate

            def get_json(url: str) -> Callable[[], float]:
                return lambda: self._drive(url, self._viewed, ACCEPT="application/json").rate

            def post(url: str) -> Callable[[], float]:
                return lambda: _check(scans[url].run(self._seconds)).rate

            runs = {"get": get(ours, self._viewed)}
            runs |= {f"get {peer}": get(url, self._viewed) for peer, url in services.items()}
            runs |= {
                "signed": get(ours, self._signed),
                "signed_first": get(ours, self._unseen),
                "embedded": get(embedded, self._viewed),
                "home": get(ours, self._home),
                HELLO: get(page[HELLO], self._hello),
                NGINX: get(page[NGINX], self._viewed),
            }
            runs["json"] = get_json(ours)
            runs["link"] = get(ours, self._linked)
            runs["linkset"] = lambda: (
                self._drive(ours, self._linked, ACCEPT="application/linkset+json").rate
            )
            if BASELINE in services:
                runs[f"json {BASELINE}"] = get_json(services[BASELINE])
            runs["post"] = post(ours)
            runs |= {f"post {peer}": post(url) for peer, url in services.items()}
            runs |= {
                f"small {HELLO}": get(small[HELLO], self._hello),
                f"small {NGINX}": get(small[NGINX], self._viewed),
            }
            for url in scans:  # the rate that the bodies of the first round are made for
                scans[url].run(1)
            medians, rates = interleave(runs, self._rounds)
            for name in ("get", "signed", "signed_first", "embedded", "home", *_SMALL):
                size = "small " if name in _SMALL else ""
                peers = {peer: rates[size + peer] for peer in (HELLO, NGINX)}
                for peer in services:
                    if f"{name} {peer}" in rates:
                        peers[peer] = rates[f"{name} {peer}"]
                yield compare(f"resolve.{name}", "requests/s", {name: rates[name], **peers})
            pause = 1000 * _CONNECTIONS / (0.7 * medians["get"])
            late = [self._drive(ours, self._viewed, DELAY_MS=pause).p99 for _ in range(3)]
            yield Figure("resolve.p99", 1000 * median(late), "ms")

    def compare_workers(self, name: str, *, share: float | None) -> Figure:
        """Compare two workers with one, each limited to `share` of a core."""
        core = LOAD_CORE if share is None else None  # limited workers leave time on both cores
        with (
            self._testbed.run_service(core=None, share=share) as one,
            self._testbed.run_service(core=None, share=share, workers=2) as two,
        ):
            runs: dict[str, Callable[[], float]] = {
                "workers2": lambda: self._drive(two, self._viewed, core=core).rate,
                "one_worker": lambda: self._drive(one, self._viewed, core=core).rate,
            }
            interleave(runs, 1)
            _, rates = interleave(runs, self._rounds)
        return compare(name, "requests/s", rates)

    def _run_peers(self, stack: ExitStack, size: int) -> dict[str, str]:
        return {
            HELLO: stack.enter_context(run_hello(size, SERVER_CORE)),
            NGINX: stack.enter_context(run_nginx(self._testbed.redis_port, size, SERVER_CORE)),
        }

    def _drive(
        self,
        url: str,
        targets: Path,
        *,
        seconds: float = 0,
        core: int | None = LOAD_CORE,
        **environment: Any,
    ) -> Measurement:
        seconds = seconds or self._seconds
        return _check(
            run_wrk(url, seconds, connections=_CONNECTIONS, core=core, PATHS=targets, **environment)
        )

    def _write(self, name: str, targets: list[str]) -> Path:
        return write_targets(self._testbed.directory / f"{name}.targets", targets)


def _sign_target(code: str) -> str:
    return f"/S/{code}.{encode_signature(SIGNER.sign(MESSAGE_PREFIX + code.encode()))}"


def _check(measured: Measurement) -> Measurement:
    """Raise `BenchmarkError` when a request was not answered with 2xx."""
    if measured.errors:
        raise BenchmarkError(f"{measured.errors} requests were not answered with 2xx")
    return measured
