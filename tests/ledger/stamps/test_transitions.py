"""Transitions: all or nothing, once per key, in one order, and the spans that follow."""

import asyncio
from dataclasses import replace

import pytest

from ledger import Ledger
from ledger.errors import (
    KeyReused,
    LotIncomplete,
    LotNotAllowed,
    LotRecalled,
    LotRequired,
    NothingToRecall,
    UnknownBatch,
    UnknownLot,
)
from stamps.errors import VeritemError
from stamps.lifecycle import IllegalReason, State, Transition
from stamps.spans import RangeTransition, SpanOutOfRange, TransitionConflict
from tests.ledger.conftest import NOW, Clock
from tests.ledger.world import a_batch, a_key, a_lot, activated, allow_recall, correct, printed


async def snapshot(ledger: Ledger, batch: int) -> object:
    return await ledger.transitions.list_spans(batch), await ledger.transitions.get_head()


async def test_ten_million_stamps_are_one_row_and_a_range_adds_a_few(ledger: Ledger) -> None:
    batch = (await a_batch(ledger, 10_000_000)).number
    assert len(await ledger.transitions.list_spans(batch)) == 1
    await ledger.transitions.apply(
        batch, 5_000, 10_000, Transition.PRINT, actor="press", key="roll 2"
    )
    spans = await ledger.transitions.list_spans(batch)
    assert [(s.lo, s.hi, s.state) for s in spans] == [
        (0, 5_000, State.ISSUED),
        (5_000, 10_000, State.PRINTED),
        (10_000, 10_000_000, State.ISSUED),
    ]


async def test_ranges_printed_one_by_one_are_one_span_again(ledger: Ledger) -> None:
    batch = (await a_batch(ledger, 100)).number
    for lo in (20, 0, 80, 60, 40):
        await ledger.transitions.apply(
            batch, lo, lo + 20, Transition.PRINT, actor="press", key=a_key()
        )
    assert [(s.lo, s.hi) for s in await ledger.transitions.list_spans(batch)] == [(0, 100)]


async def test_a_span_has_lot_and_activation_time(ledger: Ledger, clock: Clock) -> None:
    batch = await printed(ledger)
    await a_lot(ledger, "L1")
    clock.now += 1000
    moved = await ledger.transitions.apply(
        batch, 10, 20, Transition.ACTIVATE, actor="packer", key="k", lot="L1"
    )
    span = await ledger.transitions.get_span(batch, 19)
    assert (span.lo, span.hi, span.state, span.lot) == (10, 20, State.ACTIVATED, "L1")
    assert span.activated_at == moved.at == NOW + 1000
    assert (await ledger.transitions.get_span(batch, 20)).lot is None


@pytest.mark.parametrize(("lo", "hi"), [(-1, 5), (5, 5), (6, 5), (0, 101), (100, 101), (200, 300)])
async def test_a_range_beyond_the_batch_is_refused(ledger: Ledger, lo: int, hi: int) -> None:
    batch = (await a_batch(ledger, 100)).number
    before = await snapshot(ledger, batch)
    with pytest.raises(SpanOutOfRange) as refusal:
        await ledger.transitions.apply(batch, lo, hi, Transition.PRINT, actor="press", key="k")
    assert refusal.value.count == 100
    assert await snapshot(ledger, batch) == before


@pytest.mark.parametrize("index", [-1, 100, 2**24])
async def test_no_span_has_a_stamp_that_was_never_issued(ledger: Ledger, index: int) -> None:
    batch = (await a_batch(ledger, 100)).number
    with pytest.raises(SpanOutOfRange):
        await ledger.transitions.get_span(batch, index)


async def test_an_unknown_batch_is_refused(ledger: Ledger) -> None:
    for call in (
        ledger.transitions.list_spans(9),
        ledger.transitions.get_span(9, 0),
        ledger.transitions.compute_balance(9),
        ledger.transitions.apply(9, 0, 1, Transition.PRINT, actor="press", key="k"),
        ledger.transitions.recall_batch(9, actor="a", reason="ordered", key="k"),
    ):
        with pytest.raises(UnknownBatch, match="no batch 9"):
            await call


async def test_a_conflict_names_its_ranges_and_changes_nothing(ledger: Ledger) -> None:
    batch = await printed(ledger)
    await ledger.transitions.apply(
        batch, 40, 45, Transition.VOID, actor="press", key="v", reason="spoiled"
    )
    await a_lot(ledger)
    before = await snapshot(ledger, batch)
    with pytest.raises(TransitionConflict) as refusal:
        await ledger.transitions.apply(
            batch, 0, 100, Transition.ACTIVATE, actor="packer", key="k", lot="L1"
        )
    assert refusal.value.conflicts == [(40, 45, State.VOID)]
    assert await snapshot(ledger, batch) == before


async def test_a_second_activation_is_refused(ledger: Ledger) -> None:
    batch = await activated(ledger)
    with pytest.raises(TransitionConflict, match=r"0-99 \(activated\)"):
        await ledger.transitions.apply(
            batch, 0, 100, Transition.ACTIVATE, actor="packer", key="k", lot="L1"
        )


async def test_the_same_key_returns_the_first_result(ledger: Ledger, clock: Clock) -> None:
    batch = (await a_batch(ledger)).number
    first = await ledger.transitions.apply(batch, 0, 9, Transition.PRINT, actor="press", key="k")
    clock.now += 60_000
    again = await ledger.transitions.apply(batch, 0, 9, Transition.PRINT, actor="press", key="k")
    assert again == replace(first, repeated=True)
    assert (await ledger.transitions.get_head())[0] == first.seq


async def test_a_key_used_for_another_request_is_refused(ledger: Ledger) -> None:
    batch = (await a_batch(ledger)).number
    await ledger.transitions.apply(batch, 0, 9, Transition.PRINT, actor="press", key="k")
    before = await snapshot(ledger, batch)
    with pytest.raises(KeyReused, match="k"):
        await ledger.transitions.apply(batch, 9, 20, Transition.PRINT, actor="press", key="k")
    with pytest.raises(KeyReused):
        await ledger.transitions.apply(
            batch, 0, 9, Transition.PRINT, actor="another press", key="k"
        )
    assert await snapshot(ledger, batch) == before


async def test_a_lot_that_lacks_items_binds_no_stamp(ledger: Ledger) -> None:
    batch = await printed(ledger)
    await a_lot(ledger, "L2", missing=("producer", "image"))
    with pytest.raises(LotIncomplete, match="L2 lacks producer, image") as refusal:
        await ledger.transitions.apply(
            batch, 0, 9, Transition.ACTIVATE, actor="packer", key="k", lot="L2"
        )
    assert refusal.value.items == ["producer", "image"]
    await a_lot(ledger, "L2")  # the data came in
    await ledger.transitions.apply(
        batch, 0, 9, Transition.ACTIVATE, actor="packer", key="k", lot="L2"
    )


async def test_activation_and_only_activation_names_a_lot(ledger: Ledger) -> None:
    batch = await printed(ledger)
    await a_lot(ledger)
    with pytest.raises(LotRequired):
        await ledger.transitions.apply(batch, 0, 9, Transition.ACTIVATE, actor="packer", key="k")
    with pytest.raises(UnknownLot, match="nowhere"):
        await ledger.transitions.apply(
            batch, 0, 9, Transition.ACTIVATE, actor="p", key="k", lot="nowhere"
        )
    with pytest.raises(LotNotAllowed):
        await ledger.transitions.apply(
            batch, 0, 9, Transition.VOID, actor="p", key="k", reason="lost", lot="L1"
        )


async def test_an_unknown_reason_is_refused(ledger: Ledger) -> None:
    batch = await activated(ledger)
    with pytest.raises(IllegalReason):
        await ledger.transitions.apply(
            batch, 0, 9, Transition.SUSPEND, actor="i", key="k", reason="mood"
        )
    with pytest.raises(IllegalReason):
        await ledger.transitions.recall_batch(batch, actor="i", reason="mood", key="k")


async def test_a_release_restores_the_state_before_the_suspension(ledger: Ledger) -> None:
    batch = await activated(ledger)
    await ledger.transitions.apply(batch, 5, 6, Transition.CLAIM, actor="consumer", key="c")
    await ledger.transitions.apply(
        batch, 0, 10, Transition.SUSPEND, actor="i", key="s", reason="stolen"
    )
    assert (await ledger.transitions.get_span(batch, 5)).suspended_from is State.CLAIMED
    assert (await ledger.transitions.get_span(batch, 5)).reason == "stolen"
    await ledger.transitions.apply(
        batch, 0, 10, Transition.RELEASE, actor="i", key="r", reason="cleared"
    )
    spans = await ledger.transitions.list_spans(batch)
    assert [(s.lo, s.hi, s.state, s.reason) for s in spans] == [
        (0, 5, State.ACTIVATED, None),
        (5, 6, State.CLAIMED, None),
        (6, 100, State.ACTIVATED, None),
    ]


async def test_a_lot_is_recalled_in_all_its_batches(ledger: Ledger) -> None:
    one, two = await activated(ledger), await activated(ledger)
    other = await activated(ledger, lot="L9")
    await ledger.transitions.apply(one, 3, 4, Transition.CLAIM, actor="consumer", key="c")
    await ledger.transitions.apply(
        one,
        7,
        9,
        Transition.RECALL,
        actor="i",
        key=await allow_recall(ledger, ranges=((one, 7, 9),)),
        reason="ordered",
    )
    key = await allow_recall(ledger, lot="L1")
    moved = await ledger.transitions.recall_lot("L1", actor="i", reason="food-safety", key=key)
    assert [(m.batch, m.lo, m.hi) for m in moved] == [(one, 0, 7), (one, 9, 100), (two, 0, 100)]
    for batch in (one, two):
        assert {s.state for s in await ledger.transitions.list_spans(batch)} == {State.RECALLED}
    assert (await ledger.transitions.get_span(other, 0)).state is State.ACTIVATED
    again = await ledger.transitions.recall_lot("L1", actor="i", reason="food-safety", key=key)
    assert again == [replace(m, repeated=True) for m in moved]
    with pytest.raises(NothingToRecall, match="lot L1"):
        await ledger.transitions.recall_lot("L1", actor="i", reason="food-safety", key="r2")


async def test_no_stamp_is_bound_to_a_recalled_lot(ledger: Ledger, clock: Clock) -> None:
    batch = await printed(ledger)
    await a_lot(ledger, "L1")
    apply = ledger.transitions.apply
    await apply(batch, 0, 9, Transition.ACTIVATE, actor="p", key="a", lot="L1")
    key = await allow_recall(ledger, lot="L1")
    await ledger.transitions.recall_lot("L1", actor="i", reason="food-safety", key=key)
    assert (await ledger.lots.get("L1")).recalled_at == clock.now
    with pytest.raises(LotRecalled, match="L1"):
        await apply(batch, 9, 20, Transition.ACTIVATE, actor="p", key="b", lot="L1")
    again = await apply(batch, 0, 9, Transition.ACTIVATE, actor="p", key="a", lot="L1")
    assert again.repeated
    with pytest.raises(LotRecalled, match="cannot be changed"):
        await correct(ledger, {"name": "better data"})


async def test_a_lot_whose_stamps_were_all_recalled_can_itself_be_recalled(ledger: Ledger) -> None:
    batch = await activated(ledger)
    key = await allow_recall(ledger, batch=batch)
    await ledger.transitions.recall_batch(batch, actor="i", reason="ordered", key=key)
    with pytest.raises(NothingToRecall, match=f"batch {batch}"):
        await ledger.transitions.recall_batch(batch, actor="i", reason="ordered", key="c")
    assert await ledger.transitions.recall_lot("L1", actor="i", reason="ordered", key="l") == []
    with pytest.raises(NothingToRecall, match="lot L1"):
        await ledger.transitions.recall_lot("L1", actor="i", reason="ordered", key="m")


async def test_a_lot_can_be_recalled_before_it_has_stamps(ledger: Ledger) -> None:
    batch = await printed(ledger)
    await a_lot(ledger, "L1")
    key = await allow_recall(ledger, lot="L1")
    assert await ledger.transitions.recall_lot("L1", actor="i", reason="ordered", key=key) == []
    with pytest.raises(LotRecalled):
        await ledger.transitions.apply(
            batch, 0, 9, Transition.ACTIVATE, actor="p", key="b", lot="L1"
        )
    assert (await ledger.audit.verify()).ok


async def test_a_recall_without_stamps_is_answered_again_by_its_key(ledger: Ledger) -> None:
    recall_lot = ledger.transitions.recall_lot
    batch = await printed(ledger)
    await a_lot(ledger, "L1")
    await a_lot(ledger, "L2")
    key = await allow_recall(ledger, lot="L1")
    for _ in range(3):
        assert await recall_lot("L1", actor="i", reason="ordered", key=key) == []
    for lot, reason in (("L1", "food-safety"), ("L2", "ordered")):
        with pytest.raises(KeyReused):
            await recall_lot(lot, actor="i", reason=reason, key=key)
    with pytest.raises(KeyReused):
        await ledger.transitions.apply(
            batch, 0, 9, Transition.ACTIVATE, actor="p", key=key, lot="L2"
        )
    assert (await ledger.lots.get("L2")).recalled_at is None
    assert (await ledger.audit.verify()).ok


async def test_a_batch_recall_takes_stamps_on_produce(ledger: Ledger) -> None:
    batch = await printed(ledger)
    await a_lot(ledger)
    await ledger.transitions.apply(batch, 0, 60, Transition.ACTIVATE, actor="p", key="a", lot="L1")
    key = await allow_recall(ledger, batch=batch)
    moved = await ledger.transitions.recall_batch(batch, actor="i", reason="ordered", key=key)
    assert [(m.lo, m.hi) for m in moved] == [(0, 60)]
    assert (await ledger.transitions.get_span(batch, 60)).state is State.PRINTED


async def test_order_is_by_number_when_the_clock_jumps_back(ledger: Ledger, clock: Clock) -> None:
    batch = (await a_batch(ledger)).number
    first = await ledger.transitions.apply(batch, 0, 100, Transition.PRINT, actor="press", key="a")
    clock.now -= 3_600_000
    second = await ledger.transitions.apply(
        batch, 0, 9, Transition.VOID, actor="press", key="b", reason="lost"
    )
    assert (second.seq, second.at) == (first.seq + 1, first.at - 3_600_000)
    assert [m.seq for m in await ledger.transitions.list_history(batch)] == [first.seq, second.seq]
    assert (await ledger.transitions.get_span(batch, 0)).changed_at == second.at


async def test_the_change_stream_has_each_transition_once_and_in_order(ledger: Ledger) -> None:
    batch = (await a_batch(ledger)).number
    made = [
        await ledger.transitions.apply(
            batch, lo, lo + 10, Transition.PRINT, actor="press", key=a_key()
        )
        for lo in range(0, 100, 10)
    ]
    seen, at = [], 0
    while part := await ledger.transitions.list_after(at, limit=3):
        seen += part
        at = part[-1].seq
    assert seen == made
    assert await ledger.transitions.get_head() == (made[-1].seq, made[-1].hash)
    assert await ledger.transitions.list_history(batch, 15) == [made[1]]


async def test_a_batch_balances(ledger: Ledger) -> None:
    batch = await printed(ledger)
    await a_lot(ledger)
    transition = ledger.transitions.apply
    await transition(batch, 0, 4, Transition.VOID, actor="p", key="1", reason="spoiled")
    await transition(batch, 4, 5, Transition.VOID, actor="p", key="2", reason="stolen")
    await transition(batch, 90, 92, Transition.VOID, actor="p", key="3", reason="spoiled")
    await transition(batch, 10, 50, Transition.ACTIVATE, actor="p", key="4", lot="L1")
    await transition(batch, 10, 11, Transition.CLAIM, actor="p", key="5")
    await transition(batch, 20, 30, Transition.SUSPEND, actor="p", key="6", reason="inspection")
    balance = await ledger.transitions.compute_balance(batch)
    assert balance.balances, balance.flaws
    assert balance.void == {"spoiled": 6, "stolen": 1}
    assert (balance.issued, balance.printed, balance.activated) == (100, 100, 40)
    assert balance.outstanding == 100 - 7 - 40
    assert balance.states[State.CLAIMED] == 1
    assert balance.states[State.ISSUED] == 0


async def test_concurrent_transitions_get_one_order(ledger: Ledger) -> None:
    batch = (await a_batch(ledger, 200)).number
    call = [
        ledger.transitions.apply(batch, n, n + 10, Transition.PRINT, actor="press", key=f"n{n}")
        for n in range(0, 200, 10)
    ] + [
        ledger.transitions.apply(batch, n, n + 10, Transition.PRINT, actor="press", key=f"n{n}")
        for n in range(0, 200, 10)
    ]
    answers = await asyncio.gather(*call, return_exceptions=True)
    failures = [a for a in answers if isinstance(a, BaseException)]
    assert not failures
    assert sorted(m.seq for m in await ledger.transitions.list_after(0)) == list(range(1, 21))
    assert sum(a.repeated for a in answers if not isinstance(a, BaseException)) == 20
    assert len(await ledger.transitions.list_spans(batch)) == 1


async def test_of_two_concurrent_activations_one_conflicts(ledger: Ledger) -> None:
    batch = await printed(ledger)
    await a_lot(ledger)
    answers = await asyncio.gather(
        *(
            ledger.transitions.apply(
                batch, 0, 50, Transition.ACTIVATE, actor=who, key=who, lot="L1"
            )
            for who in ("one", "two")
        ),
        return_exceptions=True,
    )
    refused = [a for a in answers if isinstance(a, VeritemError)]
    assert len(refused) == 1
    assert isinstance(refused[0], TransitionConflict)


async def test_many_transitions_of_one_request_are_those_made_one_by_one(ledger: Ledger) -> None:
    together, apart = await a_batch(ledger, 3000), await a_batch(ledger, 3000)
    steps = [(lo, lo + 1 + lo % 3, Transition.PRINT, None) for lo in range(0, 2900, 5)]
    steps += [(lo, lo + 1, Transition.VOID, "misprint") for lo in range(0, 2900, 35)]
    steps += [(2900, 3000, Transition.PRINT, None), (2950, 2960, Transition.VOID, "spoiled")]
    for lo, hi, transition, reason in steps[::11]:
        await ledger.transitions.apply(
            apart.number, lo, hi, transition, actor="p", key=a_key(), reason=reason
        )
    recorded = await ledger.transitions.apply_all(
        [
            RangeTransition(together.number, lo, hi, transition, reason)
            for lo, hi, transition, reason in steps[::11]
        ],
        actor="p",
        key="all",
    )
    assert [one.seq for one in recorded] == list(
        range(recorded[0].seq, recorded[0].seq + len(recorded))
    )
    expected = await ledger.transitions.list_spans(apart.number)
    found = await ledger.transitions.list_spans(together.number)
    assert [replace(span, batch=0) for span in found] == [
        replace(span, batch=0) for span in expected
    ]
    again = await ledger.transitions.apply_all(
        [
            RangeTransition(together.number, lo, hi, transition, reason)
            for lo, hi, transition, reason in steps[::11]
        ],
        actor="p",
        key="all",
    )
    assert again == [replace(one, repeated=True) for one in recorded]
    report = await ledger.audit.verify()
    assert report.ok, report.problems


async def test_of_many_transitions_none_is_kept_if_one_is_refused(ledger: Ledger) -> None:
    batch = (await a_batch(ledger, 100)).number
    before = await snapshot(ledger, batch)
    steps = [RangeTransition(batch, lo, lo + 1, Transition.PRINT) for lo in range(0, 90, 2)]
    for refused, error in (
        (RangeTransition(batch, 40, 41, Transition.PRINT), TransitionConflict),
        (RangeTransition(batch, 99, 101, Transition.PRINT), SpanOutOfRange),
        (RangeTransition(batch + 1, 0, 1, Transition.PRINT), UnknownBatch),
    ):
        with pytest.raises(error):
            await ledger.transitions.apply_all([*steps, refused], actor="p", key=a_key())
        assert await snapshot(ledger, batch) == before
