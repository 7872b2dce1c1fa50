"""The public service: whole requests a second of one worker on one core, beside its peers.

Memory and journal on Redis, ledger on SQLite; wrk and Redis share the other core. A phone's
headers; 20,000 different stamps are looked at, 100,000 scanned. In each round every run takes its
turn.

- `resolve.get`: the verdict page, compressed, as a phone is sent it.
- `resolve.json`: the same as JSON.
- `resolve.post`: a scan with its own token, of a stamp whose page was given before: token
  checked, judged, swapped and recorded in the stream, answered.
- `resolve.signed`: the page of a signed stamp seen before; `resolve.signed_first` checks the
  signature.
- `resolve.embedded`: the page with `memory://`.
- `resolve.home`: the page on which a code is typed: no stamp, no Redis, what HTTP and Python cost.
- `resolve.p99`: the 99th percentile in milliseconds at 70 % of the peak of `resolve.get`.
- `resolve.workers2`: two workers beside one, each held to a third of a core, so that all have the
  processor that they ask for; `resolve.workers2_crowded`: not held, and wrk and Redis want the same
  two cores.

`aiohttp_hello` is an aiohttp application on uvloop with one route and no more, answering a body of
the same size; `nginx_lua_redis` is nginx whose Lua does a GET and an INCR at the same Redis.
Ours has its hot path compiled (`ops/compile.py`); `interpreted` is the same worker without.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from statistics import median
from typing import Any

from benchmarks.figure import Figure, compare, interleaved
from benchmarks.peers.nginx_lua import nginx_lua_redis
from benchmarks.resolving import (
    LOAD_CORE,
    SERVER_CORE,
    SIGNER,
    Ground,
    Measured,
    ground,
    resolver,
    server,
    size_of,
    wrk,
)
from stamps.signature import MESSAGE_PREFIX, encode_signature
from tests.servers import free_port

HELLO = "aiohttp_hello"
NGINX = "nginx_lua_redis"
INTERPRETED = "interpreted"
_CONNECTIONS = 64
_THIRD = 0.35
"""Of a core, for each worker where wrk and Redis are to have all that they ask for."""


def run(quick: bool) -> Iterator[Figure]:
    """Measure; `quick` takes fewer and shorter turns."""
    seconds, rounds = (1.0, 3) if quick else (4.0, 7)
    with ground() as made:
        yield from _Bench(made, seconds, rounds).figures()
        yield _workers2("resolve.workers2", made, seconds, rounds, share=_THIRD)
        yield _workers2("resolve.workers2_crowded", made, seconds, rounds, share=None)


class _Bench:
    """One worker of ours, and its peers with bodies of the same sizes."""

    def __init__(self, made: Ground, seconds: float, rounds: int) -> None:
        self._ground = made
        self._seconds = seconds
        self._rounds = rounds
        self._paths = made.paths("codes", [f"/S/{code}" for code in made.codes])
        self._hello = made.paths("hello", ["/hello"])
        self._home = made.paths("home", ["/"])
        self._opened = made.paths("opened", [f"/S/{code}" for code in made.scanned])
        # Few enough that the warming up has seen them all: checked signatures are remembered.
        self._signed = made.paths("signed", [_signed(code) for code in made.codes[:4_000]])
        # In capitals and then not: what is remembered of a stamp is always the other text.
        both = [path for code in made.others for path in (_signed(code), _signed(code).lower())]
        self._unseen = made.paths("unseen", both)

    def figures(self) -> Iterator[Figure]:
        """All figures of one worker."""
        with ExitStack() as stack:
            ours = stack.enter_context(resolver(self._ground.settings()))
            plain = stack.enter_context(resolver(self._ground.settings(), interpreted=True))
            embedded = stack.enter_context(resolver(self._ground.settings(memory="memory://")))
            for url in (ours, plain, embedded):  # every leaf recalled, every lot rendered
                self._drive(url, self._paths, seconds=3)
            self._drive(ours, self._signed, seconds=4)
            for url in (ours, plain):
                # A scan's page was asked for before it: the worker has seen the stamp.
                self._drive(url, self._opened, seconds=16)
                self._scans(url)
            page = self._peers(stack, size_of(f"{ours}/S/{self._ground.codes[0]}"))
            small = self._peers(stack, 1_100)  # a JSON answer with its lot
            runs: dict[str, Callable[[], float]] = {
                "get": lambda: self._drive(ours, self._paths),
                "signed": lambda: self._drive(ours, self._signed),
                "signed_first": lambda: self._drive(ours, self._unseen),
                "embedded": lambda: self._drive(embedded, self._paths),
                "home": lambda: self._drive(ours, self._home),
                f"get {INTERPRETED}": lambda: self._drive(plain, self._paths),
                HELLO: lambda: self._drive(page[HELLO], self._hello),
                NGINX: lambda: self._drive(page[NGINX], self._paths),
                "json": lambda: self._drive(ours, self._paths, accept="application/json"),
                "post": lambda: self._scans(ours),
                f"post {INTERPRETED}": lambda: self._scans(plain),
                f"small {HELLO}": lambda: self._drive(small[HELLO], self._hello),
                f"small {NGINX}": lambda: self._drive(small[NGINX], self._paths),
            }
            medians, rates = interleaved(runs, self._rounds)
            for name in ("get", "signed", "signed_first", "embedded", "home", "json", "post"):
                size = "small " if name in ("json", "post") else ""
                beside = {peer: rates[size + peer] for peer in (HELLO, NGINX)}
                if f"{name} {INTERPRETED}" in rates:
                    beside[INTERPRETED] = rates[f"{name} {INTERPRETED}"]
                yield compare(f"resolve.{name}", "requests/s", {name: rates[name], **beside})
            pause = 1000 * _CONNECTIONS / (0.7 * medians["get"])
            late = [self._measured(ours, self._paths, DELAY_MS=pause) for _ in range(3)]
            yield Figure("resolve.p99", 1000 * median(one.p99 for one in late), "ms")

    def _peers(self, stack: ExitStack, size: int) -> dict[str, str]:
        made = self._ground
        nginx = nginx_lua_redis(made.directory, free_port(), made.redis_port, size, SERVER_CORE)
        return {
            HELLO: stack.enter_context(server("benchmarks.peers.hello", size)),
            NGINX: stack.enter_context(nginx),
        }

    def _drive(
        self, url: str, paths: object, accept: str | None = None, seconds: float = 0
    ) -> float:
        more = {"ACCEPT": accept} if accept else {}
        return self._measured(url, paths, seconds, **more).rate

    def _measured(self, url: str, paths: object, seconds: float = 0, **more: Any) -> Measured:
        measured = wrk(url, seconds or self._seconds, connections=_CONNECTIONS, PATHS=paths, **more)
        _all_answered(measured)
        return measured

    def _scans(self, url: str) -> float:
        bodies = self._ground.bodies(int(20_000 * self._seconds))
        measured = wrk(url, self._seconds, script="scans", BODIES=bodies)
        _all_answered(measured)
        return measured.rate


def _workers2(name: str, made: Ground, seconds: float, rounds: int, share: float | None) -> Figure:
    paths = made.paths("codes", [f"/S/{code}" for code in made.codes])
    core = LOAD_CORE if share is None else None  # held workers leave room on both
    with (
        resolver(made.settings(), core=None, share=share) as one,
        resolver(made.settings(workers=2), core=None, share=share) as two,
    ):
        runs: dict[str, Callable[[], float]] = {
            "workers2": lambda: wrk(two, seconds, core=core, PATHS=paths).rate,
            "one_worker": lambda: wrk(one, seconds, core=core, PATHS=paths).rate,
        }
        interleaved(runs, 1)
        _, rates = interleaved(runs, rounds)
    return compare(name, "requests/s", rates)


def _signed(code: str) -> str:
    return f"/S/{code}.{encode_signature(SIGNER.sign(MESSAGE_PREFIX + code.encode()))}"


def _all_answered(measured: Measured) -> None:
    if measured.errors:
        raise RuntimeError(f"{measured.errors} requests were not answered with 2xx")
