"""Waiting periods, and what the diary of a place says of a lot."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from traceability.diary.lot_evidence import (
    EvidencePart,
    Harvest,
    LotEvidence,
    PlaceDiary,
    judge_lot,
)
from traceability.diary.waiting_period import FieldTreatment, find_breaches

START = date(2026, 11, 1)
DAYS = st.integers(0, 60).map(lambda days: START + timedelta(days=days))
TREATMENTS = st.lists(
    st.builds(
        FieldTreatment,
        st.sampled_from(["Ridomil", "Abamectin"]),
        DAYS,
        st.integers(0, 30),
        st.sampled_from([None, "ri6", "pepper"]),
    ),
    max_size=6,
)


@settings(max_examples=60)
@given(harvest=DAYS, treatments=TREATMENTS, product=st.sampled_from([None, "ri6"]))
def test_a_harvest_is_clean_exactly_where_every_waiting_period_has_ended(
    harvest: date, treatments: list[FieldTreatment], product: str | None
) -> None:
    broken = find_breaches(harvest, treatments, product)
    for one in treatments:
        is_other = product is not None and one.product not in (None, product)
        has_ended = (harvest - one.day).days >= one.waiting_days or harvest < one.day
        assert (one in broken) == (not is_other and not has_ended)
    assert [one.free_from for one in broken] == sorted(one.free_from for one in broken)[::-1]


@settings(max_examples=40)
@given(harvest=DAYS, treatments=TREATMENTS, late=st.randoms())
def test_the_order_in_which_treatments_are_told_changes_nothing(
    harvest: date, treatments: list[FieldTreatment], late: object
) -> None:
    shuffled = list(treatments)
    late.shuffle(shuffled)  # type: ignore[attr-defined]
    assert find_breaches(harvest, treatments) == find_breaches(harvest, shuffled)


@settings(max_examples=30)
@given(harvest=DAYS, treatments=TREATMENTS)
def test_a_later_harvest_breaks_no_waiting_period_that_an_earlier_one_kept(
    harvest: date, treatments: list[FieldTreatment]
) -> None:
    before = [one for one in treatments if one.day <= harvest]
    later = find_breaches(harvest + timedelta(days=1), before)
    assert set(later) <= set(find_breaches(harvest, before))


def judge(
    harvests: list[date] | None = None,
    treatments: list[FieldTreatment] | None = None,
    packed: date | None = START + timedelta(days=20),
    inputs: int = 1,
    harvested: date | None = date(2026, 11, 20),
) -> LotEvidence | None:
    """Judge a lot that was harvested on the 20th of November."""
    diary = PlaceDiary([Harvest(day, "ri6") for day in harvests or ()], treatments or (), inputs)
    return judge_lot(diary, harvested=harvested, packed=packed, product="ri6")


def test_a_place_without_a_diary_says_nothing_of_a_lot() -> None:
    assert judge(inputs=0) is None


def test_a_full_diary_confirms_a_lot() -> None:
    found = judge([date(2026, 11, 20)], [FieldTreatment("Ridomil", date(2026, 11, 13), 7)])
    assert found is not None
    assert found.missing == ()
    assert found.kept == set(EvidencePart)


def test_a_harvest_that_no_entry_tells_is_missing_and_no_order_is_confirmed_without_it() -> None:
    found = judge([date(2026, 10, 2)])
    assert found is not None
    assert found.missing == (EvidencePart.HARVEST, EvidencePart.ORDER)


def test_no_waiting_period_is_confirmed_of_a_harvest_that_nobody_tells() -> None:
    found = judge([], harvested=None)
    assert found is not None
    assert found.kept == {EvidencePart.INPUTS}


def test_a_lot_packed_before_its_harvest_is_told_so() -> None:
    found = judge([date(2026, 11, 22)], packed=date(2026, 11, 21))
    assert found is not None
    assert found.missing == (EvidencePart.ORDER,)


def test_a_waiting_period_that_its_harvest_broke_is_told_of_the_lot() -> None:
    found = judge([date(2026, 11, 20)], [FieldTreatment("Ridomil", date(2026, 11, 14), 7)])
    assert found is not None
    assert found.missing == (EvidencePart.WAITING,)
    assert [(one.harvest.day, one.treatment.free_from.day) for one in found.breaches] == [(20, 21)]


def test_a_lot_whose_own_harvest_broke_a_waiting_period_is_told_even_without_an_entry_of_it() -> (
    None
):
    found = judge([], [FieldTreatment("Ridomil", date(2026, 11, 14), 7)])
    assert found is not None
    assert found.missing == (EvidencePart.HARVEST, EvidencePart.ORDER, EvidencePart.WAITING)
