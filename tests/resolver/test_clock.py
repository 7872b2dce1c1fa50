"""The services' clock: never back, not moved by a blip, followed once a jump is confirmed."""

from pathlib import Path

import aiohttp
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from ledger import open_ledger
from ledger.clock import SteadyClock
from resolver import ResolverSettings
from stamps.steady_time import JUMP_SECONDS, SteadyTime
from tests.faked_time import FakedTime
from tests.resolver.house import JSON, Clock, code_of, furnished
from tests.resolver.process import Process

_START = 1_789_200_000.0
_DAY = 86_400.0
_JUMPS = st.floats(-400 * _DAY, 400 * _DAY).filter(lambda by: abs(by) > 2 * JUMP_SECONDS)


class Machine:
    """A wall clock that a test moves, and a monotonic one."""

    def __init__(self, confirm_seconds: float = 60.0) -> None:
        self.passed, self.jumped = 1_000.0, 0.0
        self.time = SteadyTime(_START, self.passed, confirm_seconds)

    def read(self, after: float) -> float:
        """The time `after` more seconds, as seconds since the start."""
        self.passed += after
        return self.time.advance(_START + self.passed - 1_000.0 + self.jumped, self.passed) - _START


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(-100 * _DAY, 100 * _DAY)), max_size=40))
def test_time_never_goes_back_and_never_stands_still(
    readings: list[tuple[float, float]],
) -> None:
    machine, before = Machine(), 0.0
    for after, machine.jumped in readings:
        now = machine.read(after)
        assert now >= before + 0.49 * after - 1e-5
        before = now


@given(_JUMPS, st.floats(0.1, 59.0), st.integers(1, 20))
def test_a_jump_that_ends_before_it_is_confirmed_changes_nothing(
    by: float, seconds: float, readings: int
) -> None:
    machine = Machine()
    machine.jumped = by
    for number in range(1, readings + 1):
        now = machine.read(seconds / readings)
        assert abs(now - seconds * number / readings) < 1e-4
    machine.jumped = 0.0
    assert abs(machine.read(1.0) - seconds - 1.0) < 1e-4


@given(st.floats(2 * JUMP_SECONDS, 400 * _DAY))
def test_a_confirmed_jump_forward_is_followed_at_once(by: float) -> None:
    machine = Machine()
    machine.jumped = by
    machine.read(1.0)
    assert abs(machine.read(60.0) - 61.0 - by) < 1e-4


@given(st.floats(2 * JUMP_SECONDS, 2 * _DAY))
def test_a_confirmed_jump_back_is_followed_at_half_the_pace(by: float) -> None:
    machine = Machine()
    machine.jumped = -by
    machine.read(1.0)
    machine.read(60.0)
    for _ in range(10):
        machine.read(by / 5)
    machine.read(200.0)
    assert abs(machine.time.wall_ahead) < 1e-4


@given(st.floats(-JUMP_SECONDS, JUMP_SECONDS).map(lambda by: by * 0.99))
def test_drift_is_followed_slowly(by: float) -> None:
    machine = Machine()
    machine.jumped = by
    assert abs(machine.read(1.0) - 1.0) <= 0.021
    machine.read(110.0)
    assert abs(machine.time.wall_ahead) < 1e-4


def test_a_wall_clock_that_keeps_jumping_is_not_believed() -> None:
    machine = Machine()
    for number in range(1, 200):
        machine.jumped = 1_000.0 * number
        assert abs(machine.read(10.0) - 10.0 * number) < 1e-4


def test_a_clock_that_jumps_all_the_time_fills_no_log() -> None:
    now = {"wall": _START, "passed": 0.0}
    clock = SteadyClock(lambda: now["wall"] + now["passed"], lambda: now["passed"])
    with capture_logs() as log:
        for _ in range(600):
            now["wall"] += 3_600
            now["passed"] += 0.125
            clock()
    assert len(log) == 20  # in 75 seconds


def test_a_jump_is_said_in_one_line_and_its_end_in_another() -> None:
    now = {"wall": _START, "passed": 0.0}
    clock = SteadyClock(lambda: now["wall"] + now["passed"], lambda: now["passed"])
    with capture_logs() as log:
        assert clock() == _START * 1000
        now["wall"] += 30 * _DAY
        for passed in range(1, 10):
            now["passed"] = passed
            assert clock() == (_START + passed) * 1000
        assert clock.read_offset() == 30 * _DAY
        now["wall"] = _START
        clock()
        now["wall"] += 3_600
        clock()
        now["passed"] += 60
        assert clock() == (_START + 3_669) * 1000
    assert [line["event"].partition("clock ")[2] for line in log] == [
        "jumped and is not believed yet",
        "is right again",
        "jumped and is not believed yet",
        "kept its jump and is believed",
    ]
    assert log[0]["ahead_seconds"] == 30 * _DAY


async def test_a_service_answers_as_before_while_the_clock_is_wrong(tmp_path: Path) -> None:
    batch = (await furnished(tmp_path / "ledger.db")).active
    settings = ResolverSettings(ledger=f"sqlite:///{tmp_path / 'ledger.db'}", port=0, admin_port=0)
    time = FakedTime(tmp_path, Clock().now)
    process = Process(settings, environment=time.environment)
    try:
        async with aiohttp.ClientSession() as session:

            async def open_page(index: int) -> dict[str, str]:
                code = code_of(batch, index)
                async with session.get(f"{process.url}/S/{code}", headers=JSON) as page:
                    shown = await page.json()
                assert (shown["verdict"], shown["reasons"]) == ("authentic", [])
                return {"code": code, "token": shown["token"]}

            async def scan(body: dict[str, str]) -> None:
                async with session.post(f"{process.url}/v1/scans", json=body) as answer:
                    assert answer.status == 200, await answer.text()

            async def read_offset() -> float:
                async with session.get(f"{process.admin_url}/metrics") as metrics:
                    lines = (await metrics.text()).splitlines()
                (line,) = [one for one in lines if one.startswith("veritem_clock_offset_seconds ")]
                return float(line.split()[1])

            for number, minutes in enumerate((30 * 24 * 60, 60, -60)):
                first = 10 * number
                before = await open_page(first), await open_page(first + 1)
                time.pass_minutes(minutes)
                await scan(before[0])
                meanwhile = await open_page(first + 2), await open_page(first + 3)
                await scan(meanwhile[0])
                assert abs(await read_offset() - minutes * 60) < 2
                time.pass_minutes(-minutes)
                assert abs(await read_offset()) < 2
                await scan(before[1])
                await scan(meanwhile[1])
    finally:
        assert process.end() == 0
    async with await open_ledger(settings.ledger) as ledger:
        for index in (0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23):
            (row,) = await ledger.scans.list_of_stamp(batch, index)
            assert 0 <= row.at - Clock().now < 120_000
