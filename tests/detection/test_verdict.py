"""Verdicts, by what happens to stamps."""

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from detection.place import Place
from detection.scan_event import ScanEvent, Via
from detection.scan_history import ScanHistory
from detection.user_agent import AgentClass
from detection.verdict import (
    Judgement,
    Reason,
    Rules,
    StampContext,
    Verdict,
    assess_history,
    grade_score,
    judge,
)
from stamps.lifecycle import State

HOUR = 3_600_000
DAY = 24 * HOUR
PACKED = 1_790_000_000_000
DA_LAT = Place(11.94, 108.44, 50)
SAIGON = Place(10.78, 106.70, 50)
HANOI = Place(21.03, 105.85, 50)
DA_NANG = Place(16.05, 108.21, 50)
CAN_THO = Place(10.03, 105.78, 50)

FRUIT = StampContext(State.ACTIVATED, PACKED, DA_LAT, shelf_life_days=14, market=("VN",))
RULES = Rules()
IN_APP, IN_FEED = AgentClass.IN_APP, AgentClass.IN_FEED
INSPECTOR = Via.INSPECTOR


def tell(*events: ScanEvent, context: StampContext = FRUIT) -> Judgement:
    """Judge one after the other, and give the last judgement."""
    history = ScanHistory()
    for event in events:
        judgement = judge(history, event, context, RULES)
        history = judgement.history
    return judgement


def scan(
    hours: float,
    device: int = 1,
    place: Place | None = None,
    net: int | None = None,
    country: str = "VN",
    via: Via = Via.PAGE,
    agent: AgentClass = AgentClass.PHONE,
) -> ScanEvent:
    """A scan so many hours after packing; a device stays in a network of its own unless told."""
    at = PACKED + round(hours * HOUR)
    net = device + 500 if net is None else net
    return ScanEvent(at, device, net, place, country, via, None, agent)


# Lifecycle

NOT_IN_CIRCULATION = [
    (State.ISSUED, Verdict.INACTIVE),
    (State.PRINTED, Verdict.INACTIVE),
    (State.VOID, Verdict.VOID),
    (State.SUSPENDED, Verdict.SUSPENDED),
    (State.RECALLED, Verdict.RECALLED),
]


def copied(context: StampContext) -> Judgement:
    """Judge scans that prove a copy: two enrolled devices, far apart within minutes."""
    inspections = (scan(40, 1, SAIGON, via=INSPECTOR), scan(40.2, 2, HANOI, via=INSPECTOR))
    return tell(*inspections, context=context)


@pytest.mark.parametrize(("state", "verdict"), NOT_IN_CIRCULATION)
def test_the_lifecycle_comes_before_strong_evidence(state: State, verdict: Verdict) -> None:
    context = replace(FRUIT, state=state)
    assert judge(ScanHistory(), None, context, RULES).verdict is verdict
    assert tell(scan(30), context=context).verdict is verdict
    judgement = copied(context)
    assert judgement.score >= RULES.suspect
    assert judgement.verdict is verdict
    assert judgement.alert


@pytest.mark.parametrize("state", [State.ACTIVATED, State.CLAIMED])
def test_strong_evidence_decides_in_circulation(state: State) -> None:
    context = replace(FRUIT, state=state)
    assert judge(ScanHistory(), None, context, RULES).verdict is Verdict.AUTHENTIC
    assert tell(scan(30), context=context).verdict is Verdict.AUTHENTIC
    assert copied(context).verdict is Verdict.SUSPECT


def test_every_state_has_a_verdict() -> None:
    assert {state for state, _ in NOT_IN_CIRCULATION} == set(State) - {
        State.ACTIVATED,
        State.CLAIMED,
    }


def test_a_suspect_stamp_past_its_shelf_life_stays_suspect() -> None:
    lives = [scan(60 + 80 * n, n + 1) for n in range(10)]
    assert lives[-1].at > PACKED + 14 * DAY
    assert tell(*lives).verdict is Verdict.SUSPECT
    assert tell(*lives[:5]).verdict is Verdict.EXPIRED  # a caution only


def test_a_stamp_expires_after_the_last_moment_of_its_shelf_life() -> None:
    assert FRUIT.ends_at == PACKED + 14 * DAY
    for late, verdict in ((0, Verdict.AUTHENTIC), (1, Verdict.EXPIRED)):
        at = FRUIT.ends_at + late
        assert judge(ScanHistory(), None, FRUIT, RULES, at=at).verdict is verdict
    assert judge(ScanHistory(), None, FRUIT, RULES).verdict is Verdict.AUTHENTIC


@pytest.mark.parametrize(
    ("score", "verdict"),
    [
        (RULES.caution - 1e-9, Verdict.AUTHENTIC),
        (RULES.caution, Verdict.CAUTION),
        (RULES.suspect - 1e-9, Verdict.CAUTION),
        (RULES.suspect, Verdict.SUSPECT),
    ],
)
def test_thresholds_belong_to_the_higher_verdict(score: float, verdict: Verdict) -> None:
    assert grade_score(score, FRUIT, RULES, None) is verdict


def test_a_fruit_past_its_shelf_life_is_expired_and_nobody_is_accused() -> None:
    late = tell(scan(15 * 24))
    assert late.verdict == Verdict.EXPIRED
    assert not late.alert
    visit = judge(ScanHistory(), None, FRUIT, RULES, at=PACKED + 15 * DAY)
    assert visit.verdict == Verdict.EXPIRED


# Genuine stamps


def test_a_family_at_one_table_is_one_crowd() -> None:
    judgement = tell(*[scan(80 + n / 60, n, SAIGON, net=7) for n in range(1, 6)])
    assert judgement.verdict == Verdict.AUTHENTIC
    assert judgement.history.sessions == 5
    assert len(judgement.history.spots) == 1


def test_a_shopper_at_the_shelf_and_a_buyer_at_home_are_one_fruit() -> None:
    home = Place(10.80, 106.74, 40)
    assert tell(scan(60, 1, SAIGON), scan(85, 2, home)).verdict == Verdict.AUTHENTIC


def test_a_gift_to_hanoi_by_air_is_a_journey() -> None:
    judgement = tell(scan(70, 1, SAIGON), scan(77, 2, HANOI))
    assert judgement.verdict == Verdict.AUTHENTIC
    assert Reason.IMPOSSIBLE_TRAVEL not in judgement.reasons


def test_a_sample_on_show_is_scanned_by_dozens_and_stays_authentic() -> None:
    """Sixty shoppers in three days, most without saying where they are."""
    shoppers = [
        scan(72 + day * 24 + n / 2, day * 20 + n + 1, SAIGON if n % 3 == 0 else None)
        for day in range(3)
        for n in range(20)
    ]
    judgement = tell(*shoppers)
    assert judgement.verdict == Verdict.AUTHENTIC
    assert not judgement.alert


@pytest.mark.parametrize(
    ("part", "count", "reason"),
    [
        ("returns", 2, Reason.RETURNED),
        ("before_packing", 2, Reason.BEFORE_PACKING),
        ("off_market", 1, Reason.OFF_MARKET),
    ],
)
def test_weak_evidence_is_named_beside_strong(part: str, count: int, reason: Reason) -> None:
    judgement = tell(scan(70, 1, SAIGON), scan(70.5, 2, HANOI))
    assert reason not in judgement.reasons
    history = replace(judgement.history, **{part: count})
    assert reason in assess_history(history, FRUIT, RULES, None, counted=True).reasons


def test_packers_may_try_their_stamps_out() -> None:
    tries = [scan(-0.5, 1), scan(0.2, 2, DA_LAT), scan(3, 3)]
    judgement = tell(*tries, scan(70, 4, SAIGON))
    assert judgement.verdict == Verdict.AUTHENTIC
    assert judgement.history.before_packing == 3
    assert judgement.history.independent == 1


def test_a_link_that_a_friend_opens_far_away_is_no_second_stamp() -> None:
    judgement = tell(scan(80, 1, SAIGON), scan(80.1, 2, HANOI, agent=IN_APP))
    assert judgement.verdict == Verdict.AUTHENTIC


def test_somebody_who_lost_a_cookie_is_still_one_network() -> None:
    judgement = tell(*[scan(70 + 20 * n, n, net=7) for n in range(1, 6)])
    assert judgement.verdict == Verdict.AUTHENTIC
    assert judgement.history.independent == 1


def test_preview_bots_and_everything_that_only_looks_are_visits() -> None:
    before = tell(scan(70, 1, SAIGON)).history
    for visit in [scan(70.1, n, HANOI, via=Via.VISIT) for n in range(2, 6)]:
        assert judge(before, visit, FRUIT, RULES).history is before
    assert judge(before, None, FRUIT, RULES).history is before


def photo(people: int) -> list[ScanEvent]:
    """A photo of a stamp goes round the country; half of the people see it in a feed."""
    where = (SAIGON, HANOI, DA_NANG, CAN_THO, None, None, None)
    return [
        scan(
            80 + n / 12,
            100 + n,
            where[n % 7],
            country="VN" if n % 9 else "US",
            agent=IN_FEED if n % 2 else AgentClass.PHONE,
        )
        for n in range(people)
    ]


def test_people_look_at_a_viral_photo_and_nobody_is_accused() -> None:
    judgement = tell(scan(70, 1, SAIGON), *photo(2000))
    assert judgement.verdict is Verdict.CAUTION
    assert judgement.alert
    assert {Reason.MANY_NETWORKS, Reason.VIRAL_PHOTO} <= set(judgement.reasons)


def test_a_flood_is_named_before_it_is_a_caution() -> None:
    one_place = [replace(seen, place=None, country="VN") for seen in photo(60)]
    judgement = tell(scan(70, 1), *one_place)
    assert judgement.score < RULES.caution
    assert judgement.reasons == (Reason.VIRAL_PHOTO,)


def test_a_rival_who_poisons_a_genuine_stamp_gets_a_caution_at_most() -> None:
    where = (HANOI, DA_NANG, CAN_THO, SAIGON)
    attack = [scan(90 + n / 90, 100 + n, where[n % 4]) for n in range(60)]
    judgement = tell(scan(70, 1, SAIGON), *attack)
    assert judgement.verdict is not Verdict.SUSPECT
    assert Reason.POISONING in judgement.reasons


# Attackers


def test_places_of_pages_raise_an_alert_that_says_that_they_are_not_proven() -> None:
    judgement = tell(scan(70, 1, SAIGON), scan(70.5, 2, HANOI))
    assert judgement.verdict is Verdict.CAUTION
    assert judgement.alert
    assert judgement.reasons[0] is Reason.IMPOSSIBLE_TRAVEL
    assert judgement.reasons[-1] is Reason.UNPROVEN_PLACES


def test_one_network_is_one_witness_however_many_devices_it_claims() -> None:
    towns = (SAIGON, HANOI, DA_NANG, CAN_THO)
    rival = [scan(80 + 30 * n, 10 + n, towns[n % 4], net=7) for n in range(12)]
    judgement = tell(scan(70, 1, SAIGON), *rival)
    assert judgement.history.independent == 2
    assert not judgement.alert


def test_networks_that_come_back_in_turn_stay_known() -> None:
    towns = (SAIGON, None, None, HANOI, None, None)
    buyers = [scan(100 + 30 * n, 1 + n, towns[n % 6]) for n in range(14)]
    masks = [scan(90 + n / 3, 1000 + n, net=5000 + n % 10) for n in range(1300)]
    masked = sorted([*buyers, *masks], key=lambda seen: seen.at)
    assert tell(*buyers).verdict is Verdict.SUSPECT
    assert tell(*masked).verdict is Verdict.SUSPECT
    assert tell(*masked).history.burst_level <= 8


def test_invented_places_of_one_cookie_are_set_aside_and_protect_no_copies() -> None:
    towns = (SAIGON, HANOI, DA_NANG, CAN_THO)
    vaccine = [scan(60 + n / 6, 999, towns[n % 4]) for n in range(17)]
    homes = (HANOI, None, None, CAN_THO, None, None)
    buyers = [scan(100 + 30 * n, 1 + n, homes[n % 6]) for n in range(14)]
    judgement = tell(*vaccine, *buyers)
    assert judgement.verdict is Verdict.SUSPECT
    assert judgement.history.spoofed > RULES.spoofed_places
    assert Reason.POISONING in judgement.reasons


def test_many_networks_in_one_day_never_make_a_stamp_suspect() -> None:
    towns = (SAIGON, HANOI, DA_NANG, CAN_THO)
    rivals = [scan(80 + n / 2, 10 + n, towns[n % 4]) for n in range(44)]
    assert tell(scan(70, 1, SAIGON), *rivals).verdict is not Verdict.SUSPECT


def test_a_flood_round_the_clock_is_evidence_of_its_own() -> None:
    flood = [scan(70 + n / 4, 10 + n) for n in range(9 * 24 * 4)]
    judgement = tell(*flood)
    assert judgement.alert
    assert Reason.MANY_NETWORKS in judgement.reasons


def test_a_scan_without_weight_is_counted_and_is_no_evidence() -> None:
    before = tell(scan(70, 1, SAIGON)).history
    after = judge(before, scan(70.5, 2, HANOI).without_weight(), FRUIT, RULES)
    now = after.history
    assert now == replace(before, scans=2, last=now.last, burst_level=now.burst_level)
    assert after.verdict is Verdict.AUTHENTIC


def test_claims_do_not_crowd_out_what_an_enrolled_device_saw() -> None:
    claims = [scan(60 + 9 * n, 10 + n, town) for n, town in enumerate((SAIGON, HANOI, DA_NANG))]
    inspections = [
        scan(120, 1, CAN_THO, via=INSPECTOR),
        scan(121, 2, HANOI, via=INSPECTOR),
    ]
    assert tell(*claims, *inspections).verdict is Verdict.SUSPECT


@pytest.mark.parametrize("claim", range(3))
def test_a_proven_place_takes_the_room_of_a_claim(claim: int) -> None:
    places = [SAIGON, HANOI, DA_NANG]
    vias = [Via.PAGE if n == claim else INSPECTOR for n in range(3)]
    seen = [scan(30 * n + 30, n, places[n], via=vias[n]) for n in range(3)]
    history = tell(*seen, scan(120, 4, CAN_THO, via=INSPECTOR)).history
    assert [spot.proven for spot in history.spots] == [True] * 3


def test_a_fifth_network_turns_four_into_a_map() -> None:
    four = tell(*(scan(30 * n + 30, n) for n in range(4))).history
    assert (len(four.networks), four.network_map) == (4, 0)
    five = judge(four, scan(200, 9), FRUIT, RULES).history
    assert five.networks == ()
    assert five.network_map.bit_count() >= 4


@pytest.mark.parametrize(
    ("full", "agent"),
    [
        ({"burst_level": 255, "bursts": 255}, AgentClass.PHONE),
        ({"burst_level": 255, "from_feeds": 31}, IN_FEED),
        ({"repeats": 31}, AgentClass.PHONE),
    ],
)
def test_a_full_tally_stays_full(full: dict[str, int], agent: AgentClass) -> None:
    before = replace(tell(scan(100, place=SAIGON)).history, **full)
    after = judge(before, scan(100.1, 9, SAIGON, agent=agent), FRUIT, RULES).history
    assert {name: getattr(after, name) for name in full} == full
    assert ScanHistory.unpack(after.pack()) == after


def test_one_enrolled_device_alone_proves_no_copy() -> None:
    lies = [scan(70, 1, SAIGON, via=INSPECTOR), scan(70.5, 1, HANOI, via=INSPECTOR)]
    assert tell(*lies).verdict is Verdict.AUTHENTIC
    assert tell(*lies, scan(71, 2, HANOI, via=INSPECTOR)).verdict is Verdict.SUSPECT


def test_one_network_that_scans_all_the_time_hides_no_copies() -> None:
    towns = (SAIGON, None, None, HANOI, None, None)
    buyers = [scan(100 + 30 * n, 1 + n, towns[n % 6]) for n in range(14)]
    noise = [scan(90 + n / 120, 1000 + n, net=7) for n in range(2 * 24 * 120)]
    masked = sorted([*buyers, *noise], key=lambda seen: seen.at)
    assert tell(*masked).verdict is Verdict.SUSPECT


def test_a_claim_at_an_inspectors_place_does_not_renew_the_inspectors_time() -> None:
    inspected = scan(70, 1, SAIGON, via=INSPECTOR)
    claimed = scan(100, 2, SAIGON)
    judgement = tell(inspected, claimed, scan(100.5, 3, HANOI, via=INSPECTOR))
    assert judgement.history.proven_travel == 0
    assert judgement.verdict is not Verdict.SUSPECT


# Copies


def test_two_enrolled_devices_in_two_provinces_within_the_hour_prove_a_copy() -> None:
    inspections = (scan(70, 1, SAIGON, via=INSPECTOR), scan(70.5, 2, HANOI, via=INSPECTOR))
    judgement = tell(*inspections)
    assert judgement.verdict == Verdict.SUSPECT
    assert judgement.reasons[0] == Reason.IMPOSSIBLE_TRAVEL
    assert judgement.alert


def test_a_stamp_that_lives_several_lives_is_found_without_any_place() -> None:
    """Ten buyers over five weeks, none of whom says where they are."""
    judgement = tell(*[scan(60 + 80 * n, n + 1) for n in range(10)])
    assert judgement.verdict == Verdict.SUSPECT
    assert {Reason.LONG_SPREAD, Reason.OUTLIVED} <= set(judgement.reasons)


def test_a_stamp_sold_in_four_cities_in_a_week_is_found() -> None:
    where = (SAIGON, HANOI, None, DA_NANG, CAN_THO, None, HANOI, SAIGON)
    judgement = tell(*[scan(60 + 20 * n, n + 1, place) for n, place in enumerate(where)])
    assert judgement.alert
    assert Reason.MANY_PLACES in judgement.reasons


def test_a_stolen_roll_in_use_is_void_and_raises_an_alert() -> None:
    void = StampContext(State.VOID, packed=DA_LAT)
    judgement = tell(scan(60, 1), scan(70, 2), scan(95, 3, HANOI), context=void)
    assert judgement.verdict == Verdict.VOID
    assert Reason.OUT_OF_USE in judgement.reasons
    assert judgement.alert


def test_a_batch_that_goes_wrong_tips_a_stamp_that_is_anomalous_by_itself() -> None:
    anomalous = [scan(60 + 60 * n, n + 1) for n in range(5)]
    alone = tell(*anomalous)
    among = tell(*anomalous, context=replace(FRUIT, batch_evidence=3.0))
    assert RULES.anomalous <= alone.score < RULES.alert
    assert among.alert
    assert Reason.BATCH in among.reasons
    assert among.own_score == alone.own_score


def test_scans_of_a_claimed_stamp_say_nothing_against_its_owner() -> None:
    lives = [scan(60 + 40 * n, n + 1) for n in range(4)]
    claimed = tell(*lives, context=replace(FRUIT, state=State.CLAIMED))
    assert claimed.score == tell(*lives).score


def test_each_of_the_first_two_others_who_know_the_pin_raises_the_score() -> None:
    lives = [scan(60 + 40 * n, n + 1) for n in range(4)]
    alone = tell(*lives)
    for others, nats in ((1, 1), (2, 2), (3, 2)):
        judgement = tell(*lives, context=replace(FRUIT, state=State.CLAIMED, other_claims=others))
        assert judgement.score == pytest.approx(alone.score + nats * RULES.second_claim)
        assert judgement.reasons[0] is Reason.SECOND_CLAIM
        assert judgement.alert


def test_a_place_given_after_the_page_confirmed_the_scan_still_tells() -> None:
    """The page scans at once; the person gives the place a minute later, on the same device."""
    judgement = tell(
        scan(70, 1),
        scan(70.02, 1, SAIGON),
        scan(70.4, 2),
        scan(70.42, 2, HANOI),
    )
    assert judgement.alert
    assert judgement.history.places == 2
    assert judgement.reasons[0] == Reason.IMPOSSIBLE_TRAVEL


def test_a_tin_of_tea_that_many_open_over_months_is_no_household_of_one() -> None:
    tea = replace(FRUIT, shelf_life_days=365)
    often = [scan(60 + 60 * n, n + 1) for n in range(9)]
    assert tell(*often, context=tea).alert


def test_an_exported_lot_that_is_scanned_at_home_again_and_again_is_anomalous() -> None:
    sent = replace(FRUIT, market=("CN",))
    times = [(90 + 25 * n, n + 1) for n in range(9)]
    there = tell(*[scan(when, who, country="CN") for when, who in times], context=sent)
    here = tell(*[scan(when, who, country="VN") for when, who in times], context=sent)
    assert here.score > there.score + 1
    assert Reason.OFF_MARKET in here.reasons


def test_the_rarer_scanning_is_the_more_a_much_scanned_stamp_says() -> None:
    lives = [scan(60 + 40 * n, n + 1) for n in range(5)]
    scores = []
    for share in (0.5, 0.1, 0.02, 0.001):
        rules, history = Rules(scan_rate=share), ScanHistory()
        for seen in lives:
            judgement = judge(history, seen, FRUIT, rules)
            history = judgement.history
        scores.append(judgement.score)
        assert judgement.own_score == pytest.approx(tell(*lives).own_score)
    assert scores == sorted(scores)
    assert scores[-1] - scores[1] == pytest.approx(RULES.prior_max)


@pytest.mark.parametrize("share", [0.0, -0.1, 1.5])
def test_a_scan_rate_is_above_0_and_at_most_1(share: float) -> None:
    with pytest.raises(ValueError, match="scan_rate"):
        Rules(scan_rate=share)


# Sources


def test_an_inspector_is_no_buyer_but_was_where_the_stamp_was() -> None:
    buyers = [scan(70, 1, SAIGON)]
    visited = tell(*buyers, *[scan(90 + n, 50 + n, via=Via.INSPECTOR) for n in range(9)])
    assert (visited.history.sessions, visited.history.independent) == (1, 1)
    far = tell(scan(70, 1, SAIGON), scan(80, 2, SAIGON), scan(80.5, 9, HANOI, via=Via.INSPECTOR))
    assert Reason.IMPOSSIBLE_TRAVEL in far.reasons
    assert far.alert


def test_an_app_reads_with_the_camera_wherever_a_page_may_be_a_link() -> None:
    page = tell(scan(70, 1, SAIGON), scan(70.5, 2, HANOI, agent=IN_APP))
    app = tell(scan(70, 1, SAIGON), scan(70.5, 2, HANOI, agent=IN_APP, via=Via.APP))
    assert page.verdict == Verdict.AUTHENTIC
    assert app.verdict == Verdict.CAUTION


def test_one_phone_in_many_towns_makes_its_places_up() -> None:
    towns = (SAIGON, HANOI, DA_NANG, CAN_THO)
    rival = [scan(90 + 5 * n, 7 + n // 4, towns[n % 4]) for n in range(24)]
    judgement = tell(scan(70, 1, SAIGON), *rival)
    assert judgement.history.spoofed > RULES.spoofed_places
    buyers = [scan(212 + 13 * n, 50 + n, towns[n % 4]) for n in range(8)]
    accused = tell(scan(70, 1, SAIGON), *rival, *buyers)
    assert accused.own_score > RULES.suspect
    assert accused.verdict is Verdict.CAUTION
    assert accused.reasons[-1] is Reason.POISONING


def test_sessions_from_a_feed_are_no_evidence_and_name_the_photo() -> None:
    where = (SAIGON, HANOI, None, DA_NANG, CAN_THO, None, HANOI, SAIGON, None, None, None, None)
    times = [60 + 20 * n for n in range(len(where))]
    links = [
        scan(when, n + 1, place, agent=IN_APP)
        for n, (when, place) in enumerate(zip(times, where, strict=True))
    ]
    fed = [replace(seen, agent=IN_FEED if n < 2 else IN_APP) for n, seen in enumerate(links)]
    assert tell(*fed).history.independent == tell(*links).history.independent - 2
    assert Reason.VIRAL_PHOTO not in tell(*links).reasons
    assert Reason.VIRAL_PHOTO in tell(*fed).reasons


def test_two_towns_behind_one_carriers_address_are_one_witness() -> None:
    judgement = tell(scan(70, 1, SAIGON, net=7), scan(70.5, 2, HANOI, net=7))
    assert judgement.verdict == Verdict.AUTHENTIC
    assert judgement.history.spoofed == 1


# Properties of every history

places = st.sampled_from([None, SAIGON, HANOI, DA_NANG, CAN_THO, DA_LAT])
scans = st.builds(
    scan,
    st.floats(-10, 900),
    st.integers(1, 40),
    places,
    st.none() | st.integers(1, 5),
    st.sampled_from(["VN", "CN"]),
    st.sampled_from(list(Via)),
    st.sampled_from([AgentClass.PHONE, IN_APP]),
)
histories = st.lists(scans, max_size=30)


@settings(deadline=None)
@given(histories)
def test_the_same_history_is_always_judged_the_same(history: list[ScanEvent]) -> None:
    if history:
        assert tell(*history) == tell(*history)


@settings(deadline=None)
@given(histories, st.integers(1, 3))
def test_visits_never_change_anything(history: list[ScanEvent], often: int) -> None:
    scans_only = [seen for seen in history if seen.via is not Via.VISIT]
    if scans_only:
        seen = tell(*[one for seen in scans_only for one in (seen, *[_visit(seen)] * often)])
        assert seen.history == tell(*scans_only).history


def _visit(seen: ScanEvent) -> ScanEvent:
    return replace(seen, via=Via.VISIT, device=99, network=99, place=HANOI)


@settings(deadline=None)
@given(histories)
def test_one_device_alone_never_alerts(events: list[ScanEvent]) -> None:
    history = ScanHistory()
    for seen in events:
        # On whatever networks: a phone travels. An enrolled device is known by its key.
        via = Via.PAGE if seen.via is INSPECTOR else seen.via
        judgement = judge(history, replace(seen, device=7, via=via), FRUIT, RULES)
        history = judgement.history
        assert not judgement.alert
        assert judgement.verdict in (Verdict.AUTHENTIC, Verdict.EXPIRED)


@settings(deadline=None)
@given(st.lists(st.floats(0, 100), min_size=1, max_size=12), st.integers(1, 3), places)
def test_a_household_that_lost_its_cookies_never_alerts(
    hours: list[float], devices: int, place: Place | None
) -> None:
    """One place, at most three devices, each on any network, within four days."""
    history = ScanHistory()
    for n, when in enumerate(sorted(hours)):
        seen = scan(30 + when, 1 + n % devices, place if n % 2 else None, net=100 + n)
        judgement = judge(history, seen, FRUIT, RULES)
        history = judgement.history
        assert not judgement.alert
        assert judgement.verdict is not Verdict.SUSPECT


@settings(deadline=None)
@given(histories, st.integers(0, 29))
def test_rarer_scanning_never_makes_a_stamp_look_better(
    events: list[ScanEvent], rarity: int
) -> None:
    common, rare = Rules(scan_rate=0.3), Rules(scan_rate=0.3 * 0.9**rarity)
    history = ScanHistory()
    for seen in events:
        judgement = judge(history, seen, FRUIT, rare)
        assert judge(history, seen, FRUIT, common).score <= judgement.score + 1e-9
        history = judgement.history


@settings(deadline=None)
@given(histories)
def test_packing_the_history_between_scans_changes_no_verdict(
    history: list[ScanEvent],
) -> None:
    """The packed form keeps everything that detection reads."""
    kept = packed = ScanHistory()
    for seen in history:
        kept = judge(kept, seen, FRUIT, RULES).history
        packed = judge(ScanHistory.unpack(packed.pack()), seen, FRUIT, RULES).history
    assert packed == kept


@settings(deadline=None)
@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 5))
def test_more_distance_in_the_same_time_never_lowers_the_score(
    one: float, other: float, hours: float
) -> None:
    near, far = sorted((one, other))

    def score(share: float) -> float:
        lat = SAIGON.lat + share * (HANOI.lat - SAIGON.lat)
        return tell(scan(70, 1, SAIGON), scan(70 + hours, 2, Place(lat, SAIGON.lon, 50))).score

    assert score(near) <= score(far) + 1e-9


@settings(deadline=None)
@example([193, 193, 360, 360, 360, 360])  # as round a sample on show: held down, its own score not
@given(st.lists(st.floats(60, 900), min_size=2, max_size=12))
def test_a_life_that_lasts_longer_never_scores_less(hours: list[float]) -> None:
    hours.sort()
    devices = [scan(when, n + 1) for n, when in enumerate(hours)]
    last = replace(devices[-1], at=devices[-1].at + 3 * DAY)
    assert tell(*devices).own_score <= tell(*devices[:-1], last).own_score + 1e-9


def test_reasons_stand_in_the_order_of_their_weights() -> None:
    lives = [scan(60 + 80 * n, n + 1) for n in range(10)]
    history = tell(*lives).history
    weights: dict[Reason, float] = {}
    for feature, nats in RULES.model.weigh_features(history, FRUIT):
        if feature.reason is not None and not feature.mitigating:
            weights[feature.reason] = weights.get(feature.reason, 0.0) + nats
    reasons = assess_history(history, FRUIT, RULES, None, counted=False).reasons
    assert reasons == tuple(sorted((r for r in reasons), key=lambda reason: -weights[reason]))
    assert set(reasons) == {reason for reason, nats in weights.items() if nats >= 0.25}


def test_a_sample_on_show_names_the_one_crowd() -> None:
    shoppers = [scan(72 + 3 * n, n + 1, SAIGON) for n in range(8)]
    judgement = tell(*shoppers, context=replace(FRUIT, batch_evidence=3.0))
    strict = replace(RULES, caution=0.1, scan_rate=0.01)
    named = assess_history(judgement.history, FRUIT, strict, None, counted=True)
    assert Reason.ONE_CROWD in named.reasons


def test_only_a_counted_scan_alerts() -> None:
    history = copied(FRUIT).history
    assert assess_history(history, FRUIT, RULES, None, counted=True).alert
    assert not assess_history(history, FRUIT, RULES, None, counted=False).alert
    visit = scan(41, 3, via=Via.VISIT)
    assert not judge(history, visit, FRUIT, RULES).alert


def test_thresholds_must_stand_in_order() -> None:
    with pytest.raises(ValueError, match="caution"):
        Rules(caution=9.0, alert=5.0)
    with pytest.raises(ValueError, match="caution"):
        Rules(alert=11.0, suspect=10.0)
    with pytest.raises(ValueError, match="caution"):
        Rules(caution=0.0)
