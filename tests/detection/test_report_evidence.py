"""Consumers' reports as evidence: weak, counted once, never against the public page."""

from dataclasses import replace

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detection.replay import replay
from detection.replay_format import UnreadableRecording
from detection.report_evidence import (
    REPORT_WEIGHTS,
    ReportedStamp,
    bound_reports,
    weigh_reports,
)
from detection.rules import Rules
from detection.scan_event import ScanEvent
from detection.stamp_context import Decision
from stamps.timestamps import format_rfc3339
from tests.detection.test_verdict import DAY, FRUIT, PACKED, SAIGON, scan, tell

RULES = Rules()
COPIED = REPORT_WEIGHTS["copied"]
NEAR = [scan(24 + 36 * n, n + 1) for n in range(7)]
"""Scans that raise no alert, and one with what reports may add."""

reports = st.builds(
    ReportedStamp,
    at=st.integers(0, 9).map(lambda day: PACKED + day * DAY),
    kind=st.sampled_from(["copied", "mismatch", "damaged", "unsafe", "other"]),
    device=st.none() | st.integers(0, 5),
    network=st.integers(0, 5),
    weighs=st.booleans(),
)


def report(day: int, number: int, kind: str = "copied") -> ReportedStamp:
    """A report of a day by somebody on a network of their own."""
    return ReportedStamp(PACKED + day * DAY, kind, device=number, network=number)


def test_reports_of_several_people_on_several_days_add_up() -> None:
    assert weigh_reports([report(1, 1), report(2, 2)]) == pytest.approx(2 * COPIED)


@pytest.mark.parametrize(
    "same",
    [
        [replace(report(day, day), network=1) for day in range(9)],
        [replace(report(day, day), device=1) for day in range(9)],
        [report(1, number) for number in range(9)],
        [replace(report(day, 1), device=None) for day in range(9)],
    ],
    ids=["network", "device", "day", "network without a device"],
)
def test_one_network_one_device_and_one_day_weigh_as_one_report(same: list[ReportedStamp]) -> None:
    assert weigh_reports(same) == COPIED


def test_the_heaviest_report_of_a_network_counts() -> None:
    damaged, copied = report(1, 1, "damaged"), report(2, 1)
    assert weigh_reports([damaged, copied]) == weigh_reports([copied, damaged]) == COPIED
    assert 0 < REPORT_WEIGHTS["damaged"] < REPORT_WEIGHTS["mismatch"] < COPIED


def test_a_complaint_about_the_produce_and_one_beyond_the_budgets_weigh_nothing() -> None:
    assert weigh_reports([report(1, 1, "unsafe"), report(2, 2, "other"), report(3, 3, "?")]) == 0
    assert weigh_reports([replace(report(day, day), weighs=False) for day in range(9)]) == 0


@settings(max_examples=60)
@given(st.lists(reports, max_size=12), reports)
def test_a_report_never_takes_weight_away_and_their_order_does_not_matter(
    known: list[ReportedStamp], more: ReportedStamp
) -> None:
    before = weigh_reports(known)
    assert weigh_reports([*known, more]) >= before >= 0
    assert weigh_reports(known[::-1]) == before


def test_an_alert_takes_a_nat_of_its_reports_and_a_quarter_of_its_threshold_at_most() -> None:
    assert bound_reports(99.0, RULES) == RULES.reports_max == 1.0
    assert bound_reports(0.5, RULES) == 0.5
    greedy = Rules(reports_max=50.0)
    assert bound_reports(99.0, greedy) == greedy.alert / 4
    with pytest.raises(ValueError, match="reports_max"):
        Rules(reports_max=-0.1)


def test_a_scan_just_below_an_alert_is_near_and_keeps_its_verdict() -> None:
    judged = tell(*NEAR)
    assert RULES.near_alert <= judged.score < RULES.caution
    assert judged.near
    assert (judged.verdict, judged.reasons, judged.alert) == ("authentic", (), False)
    assert tell(*NEAR[:-1]).near == ()
    alerted = tell(*NEAR, scan(24 + 36 * 7, 8))
    assert (alerted.alert, alerted.near) == (True, ())


def test_a_household_and_a_dismissed_stamp_are_never_near() -> None:
    sample = [scan(24 + 20 * n, n + 1, SAIGON) for n in range(3)]
    held = [*sample, scan(24 + 20 * 10, 11), scan(24 + 20 * 11, 12)]
    for events in (sample, held):
        assert tell(*events).near == ()
    shoppers = [scan(24 + 20 * n, n + 1) for n in range(11)]
    judged = tell(*shoppers)
    assert judged.score >= RULES.near_alert
    assert (judged.alert, judged.near) == (False, ())
    dismissed = replace(FRUIT, decision=Decision(confirmed=False, score=6.0))
    assert tell(*NEAR, context=dismissed).near == ()


# Replay


def scan_line(event: ScanEvent) -> dict[str, object]:
    at = format_rfc3339(event.at)
    return {"scan": "s", "at": at, "device": event.device, "net": event.network, "country": "VN"}


def report_line(one: ReportedStamp, **more: object) -> dict[str, object]:
    at = format_rfc3339(one.at)
    return {
        "report": "s",
        "at": at,
        "kind": one.kind,
        "device": f"d{one.device}",
        "net": f"n{one.network}",
        **more,
    }


STAMP = {
    "stamp": "s",
    "activated_at": format_rfc3339(PACKED),
    "packed": {"lat": 11.94, "lon": 108.44},
    "shelf_life_days": 14,
    "market": ["VN"],
}


def judge_recording(*lines: dict[str, object]) -> dict[str, object]:
    outcomes = list(replay(orjson.dumps(line) for line in (STAMP, *lines)))
    [outcome] = outcomes
    return outcome


SCANS = [scan_line(event) for event in NEAR]
TWO = [report_line(report(1, 1)), report_line(report(2, 2))]


def test_replay_raises_the_alert_with_what_comes_last_and_leaves_score_and_verdict() -> None:
    plain = judge_recording(*SCANS)
    assert plain["alerted_at"] is None
    assert "report_score" not in plain
    for lines, alerted_at in (
        ([*TWO, *SCANS], SCANS[-1]["at"]),
        ([*SCANS[:3], *TWO, *SCANS[3:]], SCANS[-1]["at"]),
        ([*SCANS, *TWO], TWO[-1]["at"]),
    ):
        found = judge_recording(*lines)
        assert found["alerted_at"] == alerted_at
        assert found["report_score"] == pytest.approx(2 * COPIED, abs=1e-3)
        changed = {"alerted_at", "report_score"}
        kept = {key: value for key, value in found.items() if key not in changed}
        assert kept == {key: value for key, value in plain.items() if key not in changed}


def test_replay_raises_no_alert_by_reports_alone_or_for_shoppers_round_a_sample() -> None:
    flood = [report_line(report(day, day)) for day in range(60)]
    assert judge_recording(*flood)["alerted_at"] is None
    assert judge_recording(*SCANS[:6], *flood)["alerted_at"] is None
    shoppers = [scan_line(scan(24 + 20 * n, n + 1)) for n in range(11)]
    assert judge_recording(*shoppers, *flood)["alerted_at"] is None


def test_replay_leaves_out_reports_beyond_the_budgets_and_names_a_bad_line() -> None:
    crowded = [{**line, "crowded": True} for line in TWO]
    assert judge_recording(*SCANS, *crowded) == judge_recording(*SCANS)
    for bad in (
        {"report": "s", "kind": "copied"},
        {"report": "s", "at": 5, "kind": "copied"},
        {"report": "s", "at": TWO[0]["at"]},
        {"report": "s", "at": TWO[0]["at"], "kind": 1},
    ):
        with pytest.raises(UnreadableRecording, match="line 2"):
            judge_recording(bad)


def test_a_recording_of_before_reports_is_read_as_it_was() -> None:
    """An introduction or a scan may have any field that the format does not name."""
    [outcome] = replay(
        orjson.dumps(line)
        for line in ({**STAMP, "report": "x"}, *({**one, "report": "s"} for one in SCANS))
    )
    assert outcome == judge_recording(*SCANS)
