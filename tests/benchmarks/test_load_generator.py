"""`benchmarks.load_generator`: scans are fake for the last measured rate."""

from pathlib import Path

import pytest

from benchmarks import load_generator
from benchmarks.load_generator import Measurement, ScanLoad


def measurement(rate: float, *, exhausted: bool = False) -> Measurement:
    return Measurement(
        rate=rate, requests=100, p50=0.0, p95=0.0, p99=0.0, errors=0, sent=100, exhausted=exhausted
    )


class FakeGenerator:
    """Records the number of requested bodies; `run_wrk` returns `reports` in turn."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *reports: Measurement) -> None:
        self.counts: list[int] = []
        reported = iter(reports)
        monkeypatch.setattr(load_generator, "run_wrk", lambda *_, **__: next(reported))

    def write(self, count: int) -> Path:
        self.counts.append(count)
        return Path("bodies")


def test_a_run_prepares_half_as_many_bodies_again_as_the_last_rate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fake = FakeGenerator(monkeypatch, measurement(28_000), measurement(28_000))
    load = ScanLoad("http://x", fake.write)
    load.run(1)
    load.run(4)
    assert fake.counts[1] == 28_000 * 4 * 1.5


def test_a_run_that_exhausts_its_bodies_is_repeated_with_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fake = FakeGenerator(monkeypatch, measurement(1, exhausted=True), measurement(90_000))
    load = ScanLoad("http://x", fake.write)
    assert load.run(1).rate == 90_000
    assert fake.counts[1] == 2 * fake.counts[0]
    assert load.runs == 2
