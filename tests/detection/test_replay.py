"""Replay: outcomes of a recording, refused lines, and agreement with live judging."""

from collections.abc import Iterable
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detection.place import Place
from detection.replay import replay
from detection.replay_format import IntroducedStamp, ScanParser, UnreadableRecording
from detection.scan_history import ScanHistory
from detection.verdict import Rules, Verdict, assess_history, judge
from stamps.timestamps import format_rfc3339, parse_rfc3339

STAMP: dict[str, Any] = {
    "stamp": "s1",
    "activated_at": "2026-07-01T06:00:00Z",
    "packed": {"lat": 11.94, "lon": 108.44},
    "shelf_life_days": 14,
    "market": ["VN"],
    "batch": "b1",
}
SAIGON = {"lat": 10.78, "lon": 106.7, "accuracy_m": 30}
HANOI = {"lat": 21.03, "lon": 105.85, "accuracy_m": 30}


def scan(at: str, device: str, place: object = None, **more: object) -> dict[str, Any]:
    return {
        "scan": "s1",
        "at": at,
        "device": device,
        "place": place,
        "country": "VN",
        "net": "n" + device,
        "via": "page",
        "user_agent": "Mozilla/5.0",
        **more,
    }


def replay_lines(*lines: dict[str, Any]) -> list[dict[str, Any]]:
    return list(replay([orjson.dumps(line) for line in lines]))


COPIED = (
    STAMP,
    scan("2026-07-04T09:00:00Z", "a", SAIGON, via="inspector"),
    scan("2026-07-04T09:30:00Z", "b", HANOI, via="inspector"),
)


def test_a_copied_stamp_has_the_times_of_caution_suspect_and_alert() -> None:
    (outcome,) = replay_lines(*COPIED)
    assert list(outcome) == [
        "stamp",
        "verdict",
        "score",
        "reasons",
        "first_caution_at",
        "first_suspect_at",
        "alerted_at",
        "campaign",
    ]
    assert outcome["stamp"] == "s1"
    assert outcome["verdict"] == "suspect"
    assert outcome["reasons"][0] == "impossible_travel"
    at = "2026-07-04T09:30:00Z"
    assert outcome["first_caution_at"] == outcome["first_suspect_at"] == at
    assert outcome["alerted_at"] == at


def test_a_batch_that_goes_wrong_weighs_on_its_stamps_and_on_no_others() -> None:
    def lines(name: str, batch: str | None, day: int) -> list[dict[str, Any]]:
        return [
            {**STAMP, "stamp": name, "batch": batch},
            *(
                {**one, "scan": name}
                for n in range(7)
                for one in [
                    scan(f"2026-07-{day + n // 2:02}T{8 + n % 2 * 9:02}:00:00Z", f"{name}{n}")
                ]
            ),
        ]

    leaked = [line for n in range(8) for line in lines(f"c{n}", "b1", 8)]
    *_, inside = replay_lines(*leaked, *lines("last", "b1", 8))
    *_, outside = replay_lines(*leaked, *lines("last", "b2", 8))
    *_, alone = replay_lines(*leaked, *lines("last", None, 8))
    assert inside["score"] == pytest.approx(outside["score"] + Rules().batch_max)
    assert outside["score"] == alone["score"]


def test_an_honest_stamp_has_no_detection_times() -> None:
    (outcome,) = replay_lines(STAMP, scan("2026-07-04T09:00:00Z", "a", SAIGON))
    assert outcome["verdict"] == "authentic"
    assert outcome["first_caution_at"] is None
    assert outcome["alerted_at"] is None


def test_outcomes_are_in_order_of_introduction() -> None:
    stamps = [{**STAMP, "stamp": name} for name in ("s3", "s1", "s2")]
    outcomes = replay_lines(*stamps, scan("2026-07-04T09:00:00Z", "a"))
    assert [outcome["stamp"] for outcome in outcomes] == ["s3", "s1", "s2"]


def test_visits_do_not_change_the_outcome() -> None:
    visits = [scan(f"2026-07-04T09:0{n}:00Z", f"d{n}", HANOI, via="visit") for n in range(5)]
    assert replay_lines(STAMP, COPIED[1], *visits) == replay_lines(STAMP, COPIED[1])


def test_a_stamp_not_yet_activated_is_inactive() -> None:
    (never,) = replay_lines({"stamp": "s1"}, scan("2026-07-04T09:00:00Z", "a"))
    (early,) = replay_lines(STAMP, scan("2026-06-28T09:00:00Z", "a"))
    assert never["verdict"] == early["verdict"] == "inactive"


def test_a_stamp_without_an_introduction_is_unknown() -> None:
    (outcome,) = replay_lines(scan("2026-07-04T09:00:00Z", "a"))
    assert outcome["verdict"] == "unknown"


def test_unknown_and_missing_fields_are_accepted() -> None:
    (outcome,) = replay_lines(
        {"stamp": "s1", "colour": "green"},
        {"scan": "s1", "at": "2026-07-04T16:00:00+07:00", "mood": 3},
    )
    assert outcome["verdict"] == "inactive"


def test_blank_lines_and_spaces_are_ignored() -> None:
    lines = [b"\n", b'  {"stamp": "s1", "activated_at": "2026-07-01T06:00:00Z"}  \n', b"  \n"]
    assert [outcome["verdict"] for outcome in replay(lines)] == ["authentic"]


def test_stamp_names_may_contain_any_json_string() -> None:
    names = ['a"b', "đ", "tab\t"]
    assert [
        o["stamp"] for o in replay_lines(*({**STAMP, "stamp": name} for name in names))
    ] == names


def test_scans_are_judged_in_file_order() -> None:
    (outcome,) = replay_lines(COPIED[0], COPIED[2], COPIED[1])
    assert outcome["verdict"] == "suspect"


def test_a_place_may_be_a_province() -> None:
    provinces = {"79": Place(10.9, 106.8, 40_000), "01": Place(21.0, 105.7, 30_000)}
    lines = [
        orjson.dumps(STAMP),
        orjson.dumps(scan("2026-07-04T09:00:00Z", "a", {"province": "79"})),
        orjson.dumps(scan("2026-07-04T09:30:00Z", "b", {"province": "01"})),
    ]
    assert next(replay(lines, provinces=provinces))["verdict"] == "caution"
    assert next(replay(lines))["verdict"] == "authentic"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"{nonsense", "not JSON"),
        (b"[1, 2]", "list"),
        (b'{"colour": "green"}', "neither"),
        (b'{"scan": "s1"}', "'at' is missing"),
        (b'{"scan": "s1", "at": "yesterday"}', "RFC 3339"),
        (b'{"scan": "s1", "at": "2026-07-04T09:99:00Z"}', "RFC 3339"),
        (b'{"scan": "s1", "at": "2026-07-04T09:00:00"}', "offset"),
        (b'{"scan": "s1", "at": "2026-07-04T09:00:00Z", "via": "telepathy"}', "telepathy"),
        (b'{"scan": "s1", "at": "2026-07-04T09:00:00Z", "place": {"lat": 99, "lon": 1}}', "earth"),
        (b'{"scan": "s1", "at": "2026-07-04T09:00:00Z", "place": {"lat": 9}}', "'lon' is missing"),
        (b'{"stamp": "s1", "activated_at": 5}', "line 2"),
        (b'{"stamp":"s1","state":"eaten"}', "eaten"),
    ],
)
def test_an_unreadable_line_is_reported_by_number(line: bytes, why: str) -> None:
    with pytest.raises(UnreadableRecording, match=why) as refused:
        list(replay([orjson.dumps(STAMP), line]))
    assert refused.value.line == 2
    assert str(refused.value).startswith("line 2: ")


@settings(deadline=None)
@given(st.lists(st.binary(max_size=60) | st.sampled_from([orjson.dumps(x) for x in COPIED])))
def test_any_lines_are_judged_or_refused(lines: list[bytes]) -> None:
    def outcome(lines: Iterable[bytes]) -> object:
        try:
            return list(replay(lines))
        except UnreadableRecording as refused:
            return str(refused)

    assert outcome(lines) == outcome(lines)


def test_timestamps_may_have_any_offset() -> None:
    parser = ScanParser({})
    texts = ("2026-07-04T12:00:00Z", "2026-07-04T19:00:00+07:00", "2026-07-04T12:00:00.000Z")
    (noon,) = {parser.parse_scan({"at": text}).at for text in texts}
    assert noon == parse_rfc3339(texts[0])
    later = parser.parse_scan({"at": "2026-07-04T12:34:56Z"}).at
    assert later == noon + (34 * 60 + 56) * 1000


LONELY = {key: value for key, value in STAMP.items() if key != "batch"}
PLACES = (None, None, SAIGON, HANOI, {"lat": 10.9, "lon": 106.8}, {"lat": 16.05, "lon": 108.2})
few_minutes = st.integers(0, 90) | st.integers(0, 4000)
scans = st.tuples(
    few_minutes,
    st.integers(1, 9),
    st.integers(1, 6),
    st.sampled_from(PLACES),
    st.sampled_from(["VN", "VN", "VN", "CN"]),
    st.sampled_from(["page", "page", "page", "app", "inspector", "visit"]),
    st.sampled_from(["Mozilla/5.0", "Mozilla/5.0 Zalo", "Mozilla/5.0 [FB_IAB/FB4A]"]),
)


def judge_every_scan(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the outcome of one stamp when every scan is scored in full, without shortcuts."""
    introduced, rules, history = IntroducedStamp(lines[0]), Rules(), ScanHistory()
    parser = ScanParser({})
    times: dict[str, Any] = dict.fromkeys(("first_caution_at", "first_suspect_at", "alerted_at"))
    score, context = 0.0, introduced.context
    for line in lines[1:]:
        event = parser.parse_scan(line)
        if event.via == "visit":
            continue
        context, before = introduced.context_at(event.at), history
        judgement = judge(before, event, context, rules)
        history = judgement.history
        if (history.sessions, history.places, history.proven_travel) == (
            before.sessions,
            before.places,
            before.proven_travel,
        ):
            continue
        score = judgement.score
        warned = judgement.verdict in {Verdict.CAUTION, Verdict.SUSPECT}
        for name, reached in (
            ("first_caution_at", warned),
            ("first_suspect_at", judgement.verdict is Verdict.SUSPECT),
            ("alerted_at", judgement.alert),
        ):
            if reached and times[name] is None:
                times[name] = format_rfc3339(event.at)
    ended = assess_history(history, context, rules, history.last_at, counted=False)
    return {
        "stamp": "s1",
        "verdict": str(ended.verdict),
        "score": round(score, 3),
        "reasons": [str(reason) for reason in ended.reasons],
        **times,
        "campaign": None,
    }


@pytest.mark.parametrize("day", ["2026-07-04", "2026-08-04"])
def test_many_stamps_that_few_networks_accuse_are_one_campaign(day: str) -> None:
    """Two networks invent a place each on a hundred stamps of one batch, within minutes.

    After the shelf life too, when the page says that the produce expired.
    """
    stamps = [{**STAMP, "stamp": f"s{n}"} for n in range(100)]
    attack = []
    for n in range(100):
        for turn, (net, place) in enumerate((("x", SAIGON), ("y", HANOI))):
            at = format_rfc3339(parse_rfc3339(f"{day}T09:00:00Z") + (2 * n + turn) * 5_000)
            more = {"scan": f"s{n}", "net": net}
            attack.append({**scan(str(at), f"d{n}{turn}", place), **more})
    outcomes = replay_lines(*stamps, *attack)
    assert {outcome["campaign"] for outcome in outcomes} == {"c1"}
    assert sum(outcome["alerted_at"] is not None for outcome in outcomes) == 3
    assert all(outcome["first_suspect_at"] is None for outcome in outcomes)


def test_a_gateway_of_thousands_is_not_discredited_by_its_number() -> None:
    stamps = [{**STAMP, "stamp": f"s{n}"} for n in range(200)]
    scans = []
    for n in range(200):
        at = parse_rfc3339("2026-07-04T02:00:00Z") + n * 60_000
        honest = {**scan(str(format_rfc3339(at)), f"d{n}", HANOI), "scan": f"s{n}"}
        scans.append({**honest, "net": "gateway"})
        if n % 20 == 0:  # a copied stamp
            late = str(format_rfc3339(at + 30_000))
            scans.append({**scan(late, f"e{n}", SAIGON), "scan": f"s{n}", "net": "other"})
            scans[-2:] = [{**scans[-1], "at": scans[-2]["at"]}, {**scans[-2], "at": late}]
    outcomes = replay_lines(*stamps, *scans)
    assert sum(outcome["alerted_at"] is not None for outcome in outcomes) == 10
    assert {outcome["campaign"] for outcome in outcomes} == {None}


@settings(deadline=None)
@given(st.lists(scans, max_size=60))
def test_replay_agrees_with_scoring_every_scan(
    generated_scans: list[tuple[int, int, int, Any, str, str, str]],
) -> None:
    lines, at = [LONELY], parse_rfc3339("2026-07-01T05:00:00Z")
    for minutes, device, net, place, country, via, agent in generated_scans:
        at += minutes * 60_000
        more = {"country": country, "via": via, "user_agent": agent, "net": f"n{net}"}
        lines.append(scan(str(format_rfc3339(at)), f"d{device}", place, **more))
    assert replay_lines(*lines) == [judge_every_scan(lines)]


def test_a_stamp_scanned_before_its_introduction_is_listed_where_it_is_introduced() -> None:
    early = scan("2026-07-01T05:00:00Z", "a")
    late = {**STAMP, "stamp": "s2"}
    never = {**scan("2026-07-01T05:00:00Z", "a"), "scan": "s0"}
    outcomes = replay_lines(never, early, late, STAMP, scan("2026-07-04T09:00:00Z", "b"))
    assert [(o["stamp"], o["verdict"]) for o in outcomes] == [
        ("s2", "authentic"),
        ("s1", "authentic"),
        ("s0", "unknown"),
    ]
