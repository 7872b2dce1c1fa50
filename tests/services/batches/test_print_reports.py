"""Print reports: a spoiled stamp was printed, then is void."""

import pytest

from ledger.errors import KeyReused, UnknownBatch
from printing.errors import ReportRefused
from services.batches.print_reports import apply_print_report
from services.errors import Forbidden, KeyRequired
from stamps.lifecycle import Transition
from stamps.spans import TransitionConflict
from tests.services.office import Office

REPORT = b"state,first,last,reason\nprinted,0,89,\nspoiled,90,99,misprint\n"


async def test_spoiled_stamps_are_printed_and_then_void(office: Office) -> None:
    number = await office.issue_batch(100)
    applied = await apply_print_report(office.context("press"), str(number), REPORT, "k")
    assert (applied.printed, applied.good, applied.spoiled) == (100, 90, 10)
    assert applied.balance.printed == 100
    assert applied.balance.void == {"misprint": 10}
    assert applied.balance.balances
    steps = [(t.transition, t.lo, t.hi, t.reason) for t in applied.transitions]
    assert steps == [
        (Transition.PRINT, 0, 100, None),
        (Transition.VOID, 90, 100, "misprint"),
    ]


async def test_a_report_with_gaps_prints_only_what_it_names(office: Office) -> None:
    number = await office.issue_batch(100)
    report = b"state,first,last\nspoiled,0,9\nprinted,20,29\n"
    applied = await apply_print_report(office.context("press"), str(number), report, "k")
    assert [(t.transition, t.lo, t.hi) for t in applied.transitions] == [
        (Transition.PRINT, 0, 10),
        (Transition.PRINT, 20, 30),
        (Transition.VOID, 0, 10),
    ]


async def test_the_same_key_repeats_the_result_and_another_report_is_refused(
    office: Office,
) -> None:
    number, press = await office.issue_batch(100), office.context("press")
    first = await apply_print_report(press, str(number), REPORT, "k")
    again = await apply_print_report(press, str(number), REPORT, "k")
    assert [t.seq for t in again.transitions] == [t.seq for t in first.transitions]
    assert all(t.repeated for t in again.transitions)
    with pytest.raises(KeyReused):
        await apply_print_report(press, str(number), b"state,first,last\nprinted,0,9\n", "k")
    with pytest.raises(TransitionConflict):
        await apply_print_report(press, str(number), REPORT, "k2")
    assert (await office.ledger.transitions.compute_balance(number)).printed == 100


async def test_a_report_stays_within_its_range(office: Office) -> None:
    number = await office.issue_batch(100)
    with pytest.raises(ReportRefused):
        await apply_print_report(office.context("press"), f"{number}·0-49", REPORT, "k")
    assert (await office.ledger.transitions.compute_balance(number)).printed == 0


async def test_only_the_assigned_print_house_reports(office: Office) -> None:
    number = await office.issue_batch(100)
    with pytest.raises(UnknownBatch):
        await apply_print_report(office.context("other-press"), str(number), REPORT, "k")
    with pytest.raises(Forbidden):
        await apply_print_report(office.context("packer"), str(number), REPORT, "k")
    with pytest.raises(KeyRequired):
        await apply_print_report(office.context("press"), str(number), REPORT, "")
