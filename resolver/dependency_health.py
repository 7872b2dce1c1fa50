"""Whether what a process depends on works now: ledger, history store, journal, limits.

Two things are known of a dependency: the result of its check, which the monitor repeats every
second, and the failures that requests report. It fails with the first of either. It is back when a
check passes and no request has failed since the check before, so one that fails for some requests
only is not reported as failing and back by turns.

The log has one line when a dependency fails and one when it is back; the metric
`veritem_dependency_up` has its present state.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Final

import structlog
from prometheus_client.core import GaugeMetricFamily

CHECK_SECONDS: Final = 1.0
"""Interval of the checks; `/health/ready` is at most so old."""
_ANSWER_SECONDS: Final = 2.5
"""A check that takes longer has failed. The Redis client gives up a silent server after 2 s."""

_log = structlog.get_logger(__name__)

Check = Callable[[], Awaitable[None]]
"""Does what a request does, without leaving a trace. Raises an error unless that works."""


def in_turn(*checks: Check) -> Check:
    """One check of several: the first that fails says why."""

    async def check() -> None:
        for one in checks:
            await one()

    return check


class DependencyHealth:
    """The state of one dependency."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_up = True
        self._failed_since_check = False
        self._down_since = 0.0

    def report_failure(self, error: BaseException) -> None:
        """Note that a check or a request failed because of this dependency."""
        self._failed_since_check = True
        if self.is_up:
            self.is_up = False
            self._down_since = time.monotonic()
            _log.error("dependency fails", dependency=self.name, why=describe_failure(error))

    def report_passed_check(self) -> None:
        """Note that a check passed."""
        if not self.is_up and not self._failed_since_check:
            self.is_up = True
            seconds = round(time.monotonic() - self._down_since, 1)
            _log.warning("dependency works again", dependency=self.name, seconds=seconds)
        self._failed_since_check = False


class HealthMonitor:
    """Checks the dependencies of a process while `running`."""

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self._checks = checks
        self._healths = {name: DependencyHealth(name) for name in checks}

    def is_up(self, name: str) -> bool:
        """Whether a dependency works, as far as this process knows."""
        return self._healths[name].is_up

    def report_failure(self, name: str, error: BaseException) -> None:
        """Note that a request failed because of a dependency."""
        self._healths[name].report_failure(error)

    async def check(self) -> None:
        """Check all dependencies once."""
        await asyncio.gather(*(self._check(name) for name in self._checks))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Check all dependencies now, and every `CHECK_SECONDS` while the block runs."""
        await self.check()
        task = asyncio.create_task(self._repeat(), name="health of dependencies")
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def to_family(self) -> GaugeMetricFamily:
        """The states as Prometheus takes them."""
        family = GaugeMetricFamily(
            "veritem_dependency_up",
            "1 while the dependency works, 0 while it fails",
            labels=["dependency"],
        )
        for name, health in self._healths.items():
            family.add_metric([name], float(health.is_up))
        return family

    async def _repeat(self) -> None:
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            await self.check()

    async def _check(self, name: str) -> None:
        health = self._healths[name]
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                await self._checks[name]()
        except Exception as error:  # whatever it is, the dependency cannot be used
            health.report_failure(error)
        else:
            health.report_passed_check()


def describe_failure(error: BaseException) -> str:
    """The error in a line: of an error of ours, what the server or driver said."""
    # Compiled by mypyc, `raise … from error` sets the context and not the cause.
    context = None if error.__suppress_context__ else error.__context__
    cause = error.__cause__ or context or error
    return str(cause) or type(cause).__name__
