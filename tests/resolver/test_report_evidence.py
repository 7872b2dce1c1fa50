"""Reports over HTTP as weak evidence: what they add to an alert, and what they never do."""

from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest

from detection.replay import replay
from detection.report_evidence import CONSUMER_REPORTS, REPORT_WEIGHTS
from detection.rules import Rules
from ledger import Alert, AlertState
from ledger.reports.weighed_reports import WeighedReports
from services.reports.report_judging import judge_reported_stamps
from stamps.timestamps import format_rfc3339
from tests.resolver.house import JSON, House, a_house, code_of
from tests.resolver.orchard import DOCUMENT

COPIED = REPORT_WEIGHTS["copied"]
STEP = 36 * 3_600_000
NEAR = 7
"""So many people, one after the other in steps of 36 hours, are just below an alert."""


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(
        tmp_path, measure_scan_rate=False, stale_seconds=1e9, clock_confirm_seconds=0
    ) as opened:
        yield opened


class Recording:
    """What happens to one stamp, over HTTP and as lines of a replay."""

    def __init__(self, house: House, index: int) -> None:
        self.house = house
        self.index = index
        self.since = house.clock()
        self.code = code_of(house.batches.active, index)
        place = DOCUMENT["packing_house"]
        self.lines: list[dict[str, object]] = [
            {
                "stamp": "s",
                "activated_at": format_rfc3339(house.clock()),
                "packed": {"lat": place["lat"], "lon": place["lon"]},
                "shelf_life_days": DOCUMENT["shelf_life_days"],
            }
        ]

    async def scan(self, person: int) -> str:
        """Scan in a person's turn, on a network of their own; return the verdict."""
        self.house.clock.now = self.since + (person + 1) * STEP
        self.house.session.cookie_jar.clear()
        network = f"10.77.{person}.1"
        answer = await self.house.scan(self.code, **{"X-Forwarded-For": network})
        assert answer.status == 200, await answer.text()
        self.lines.append({"scan": "s", "device": f"d{person}", **self._now(network)})
        return str((await answer.json())["verdict"])

    async def report(self, person: int, days: float = 1.0, kind: str = "copied") -> None:
        """Report the stamp some days later, from another network."""
        self.house.clock.pass_minutes(days * 1440)
        self.house.session.cookie_jar.clear()
        network = f"10.99.{person}.1"
        body = {"code": self.code, "token": await self.house.token(self.code), "kind": kind}
        body["note"] = f"Tem lạ {self.house.clock()}"
        answer = await self.house.post("/v1/reports", body, **{"X-Forwarded-For": network})
        assert answer.status == 201, await answer.text()
        line = {"report": "s", "kind": kind, "device": f"r{person}", **self._now(network)}
        self.lines.append(line)
        await take_in(self.house)

    def _now(self, network: str) -> dict[str, object]:
        return {"at": format_rfc3339(self.house.clock()), "net": network}

    def replay(self) -> dict[str, object]:
        [outcome] = replay(orjson.dumps(line) for line in self.lines)
        return outcome

    async def find_alert(self) -> Alert | None:
        stamp = self.house.batches.active, self.index
        for one in await self.house.ledger.alerts.list():
            if one.stamp == stamp:
                return one
        return None


async def take_in(house: House) -> None:
    """File and judge reports, as the desk does every two seconds."""
    while await house.ledger.report_groups.file_arrivals():
        pass
    while await judge_reported_stamps(house.ledger, Rules()):
        pass


async def show(house: House, code: str) -> str:
    answer = await house.get(f"/S/{code}", **JSON)
    return str((await answer.json())["verdict"])


@pytest.mark.parametrize("reported_after", [0, 3, NEAR])
async def test_live_and_replay_agree_whenever_reports_come(
    house: House, reported_after: int
) -> None:
    told = Recording(house, 6)
    for person in range(NEAR):
        if person == reported_after:
            await told.report(1, days=0.1)
            await told.report(2)
        assert await told.scan(person) == "authentic"
    if reported_after == NEAR:
        assert await told.find_alert() is None
        await told.report(1, days=0.1)
        assert await told.find_alert() is None
        await told.report(2)
    alert, replayed = await told.find_alert(), told.replay()
    assert alert is not None
    assert alert.report_score == pytest.approx(2 * COPIED)
    assert alert.scan_score == pytest.approx(replayed["score"], abs=1e-3)
    assert alert.report_score == pytest.approx(replayed["report_score"], abs=1e-3)
    assert format_rfc3339(alert.opened_at) == replayed["alerted_at"]
    assert CONSUMER_REPORTS in alert.reasons
    assert len(alert.reasons) > 1
    assert await show(house, told.code) == replayed["verdict"] == "authentic"


async def test_reports_join_a_case_once_and_order_the_queue(house: House) -> None:
    told = Recording(house, 7)
    for person in range(NEAR + 1):
        verdict = await told.scan(person)
    before = await told.find_alert()
    assert before is not None
    assert (verdict, before.report_score) == ("caution", 0.0)
    await told.report(1)
    joined = await told.find_alert()
    assert joined is not None
    assert joined.score == pytest.approx(before.score + COPIED)
    assert joined.expected_loss > before.expected_loss
    assert joined.reasons == (*before.reasons, CONSUMER_REPORTS)
    assert await show(house, told.code) == "caution"
    # A desk that is killed before it notes what it told tells it again.
    again = WeighedReports(house.batches.active, 7, 0.0, 0)
    await house.ledger.report_evidence.mark_told([again])
    await take_in(house)
    assert await told.find_alert() == joined


async def test_ten_networks_of_reports_alone_raise_nothing_and_change_no_page(
    house: House,
) -> None:
    """Ten networks report stamps of a grower day after day, other words each time."""
    stamps = [Recording(house, index) for index in range(10, 12)]
    await stamps[0].scan(0)
    await stamps[0].scan(1)
    before = await show(house, stamps[0].code)
    for _ in range(3):
        house.clock.pass_minutes(1440)
        for stamp in stamps:
            for network in range(10):
                await stamp.report(network, days=0)
    assert await house.ledger.alerts.list() == []
    weights = await house.ledger.report_evidence.read(
        [(house.batches.active, stamp.index) for stamp in stamps]
    )
    assert all(nats > Rules().reports_max for nats in weights.values())
    assert [await show(house, stamp.code) for stamp in stamps] == [before] * 2


async def test_reports_neither_reopen_a_dismissed_case_nor_raise_its_bar(house: House) -> None:
    told = Recording(house, 8)
    for person in range(NEAR + 1):
        await told.scan(person)
    await told.report(1)
    await told.report(2)
    case = await told.find_alert()
    assert case is not None
    alerts = house.ledger.alerts
    await alerts.decide(case.id, AlertState.INVESTIGATING, actor="chi")
    await alerts.decide(case.id, AlertState.DISMISSED, actor="chi", cause="gift")
    await alerts.decide(case.id, AlertState.CLOSED, actor="chi")
    [decision] = await house.ledger.decisions.list_of_batch(house.batches.active)
    assert decision.score == pytest.approx(case.score - 2 * COPIED)
    for person in range(3, 8):
        await told.report(person)
    assert await told.find_alert() is None
    assert (await alerts.get(case.id)).score == case.score
