"""Print reports in fields, the balance that follows, and the batch that closes."""

from pathlib import Path

import pytest

from ledger.errors import KeyReused, UnknownBatch
from services.batches.bundles import open_bundle_file, start_bundle
from services.batches.print_balance import get_print_balance
from services.batches.print_reports import SpoiledRow, TypedReport, apply_typed_report
from services.errors import BatchPrinted, Forbidden, InvalidInput
from stamps.lifecycle import Transition
from stamps.spans import TransitionConflict
from tests.services.batches.test_bundles import open_store, wait_until_ready
from tests.services.office import Office

SPOILED = SpoiledRow("90", "99", "misprint")


async def test_everything_printed_but_some_spoiled_closes_the_batch(office: Office) -> None:
    number, press = await office.issue_batch(100), office.context("press")
    report = TypedReport(True, "0-99", [SPOILED, None, SpoiledRow(f"{number}·7", "", "damaged")])
    applied = await apply_typed_report(press, number, report, "k")
    assert (applied.good, applied.spoiled) == (89, 11)
    balance = await get_print_balance(press, number)
    counts = (balance.ordered, balance.issued, balance.printed, balance.spoiled)
    assert (*counts, balance.unreported_count) == (100, 100, 100, 11, 0)
    assert balance.is_closed
    again = await apply_typed_report(press, number, report, "k")
    assert all(one.repeated for one in again.transitions)
    with pytest.raises(KeyReused):
        await apply_typed_report(press, number, TypedReport(False, "0-99", [SPOILED]), "k")


async def test_spoiled_stamps_alone_leave_the_others_unreported(office: Office) -> None:
    number, press = await office.issue_batch(100), office.context("press")
    applied = await apply_typed_report(press, number, TypedReport(False, "0-99", [SPOILED]), "k1")
    assert (applied.good, applied.spoiled) == (0, 10)
    balance = await get_print_balance(press, number)
    assert (balance.printed, balance.spoiled, balance.unreported) == (10, 10, ((0, 90),))
    # A stamp that an earlier report printed well turns out to be spoiled.
    await apply_typed_report(press, number, TypedReport(True, "0-89"), "k2")
    late = TypedReport(False, "", [SpoiledRow("5", "6", "spoiled")])
    applied = await apply_typed_report(press, number, late, "k3")
    assert (applied.good, applied.spoiled) == (0, 2)
    balance = await get_print_balance(press, number)
    assert (balance.printed, balance.spoiled, balance.is_closed) == (100, 12, True)


async def test_stamps_void_before_printing_are_not_missing(office: Office) -> None:
    number, press = await office.issue_batch(100), office.context("press")
    await office.ledger.transitions.apply(
        number, 0, 20, Transition.VOID, actor="x", key="lost", reason="lost"
    )
    balance = await get_print_balance(press, number)
    assert (balance.void_unprinted, balance.unreported_count) == (20, 80)


async def test_a_form_that_is_out_of_date_changes_nothing(office: Office) -> None:
    number, press = await office.issue_batch(100), office.context("press")
    await apply_typed_report(press, number, TypedReport(True, "0-99"), "k1")
    with pytest.raises(TransitionConflict):
        await apply_typed_report(press, number, TypedReport(True, "0-99", [SPOILED]), "k2")
    assert (await get_print_balance(press, number)).spoiled == 0


@pytest.mark.parametrize(
    ("report", "field"),
    [
        (TypedReport(False, "0-99"), "printed"),
        (TypedReport(True, "0-100"), "unreported"),
        (TypedReport(True, "50-60,40-45"), "unreported"),
        (TypedReport(True, "0-99" * 500), "unreported"),
        (TypedReport(True, "0-99", [None, SpoiledRow("", "9", "spoiled")]), "first2"),
        (TypedReport(True, "0-99", [SpoiledRow("9", "8", "spoiled")]), "last1"),
        (TypedReport(True, "0-99", [SpoiledRow("9", "100", "spoiled")]), "last1"),
        (TypedReport(True, "0-99", [SpoiledRow("1.5", "", "spoiled")]), "first1"),
        (TypedReport(True, "0-99", [SpoiledRow("-3", "", "spoiled")]), "first1"),
        (TypedReport(True, "0-99", [SpoiledRow("9", "", "stolen")]), "reason1"),
        (TypedReport(True, "0-99", [SPOILED, SpoiledRow("95", "", "spoiled")]), "first2"),
    ],
)
async def test_a_flaw_names_its_field_and_nothing_is_recorded(
    office: Office, report: TypedReport, field: str
) -> None:
    number, press = await office.issue_batch(100), office.context("press")
    with pytest.raises(InvalidInput) as refused:
        await apply_typed_report(press, number, report, "k")
    assert refused.value.evidence["field"] == field
    assert (await get_print_balance(press, number)).unreported == ((0, 100),)


async def test_only_the_assigned_print_house_reports_in_fields(office: Office) -> None:
    number = await office.issue_batch(100)
    for who, refusal in (("other-press", UnknownBatch), ("packer", Forbidden)):
        with pytest.raises(refusal):
            await apply_typed_report(office.context(who), number, TypedReport(True, "0-99"), "k")
    with pytest.raises(UnknownBatch):
        await get_print_balance(office.context("other-press"), number)


async def test_a_closed_batch_hands_out_no_files(office: Office, tmp_path: Path) -> None:
    number, press = await office.issue_batch(10), office.context("press")
    store = open_store(office, tmp_path)
    await start_bundle(press, store, number, "csv")
    await wait_until_ready(office, store, "press", number)
    await apply_typed_report(press, number, TypedReport(True, "0-9"), "k")
    with pytest.raises(BatchPrinted):
        await open_bundle_file(press, store, number, "csv", "manifest.json", lambda _: None)
    with pytest.raises(BatchPrinted):
        await start_bundle(press, store, number, "pdf")
    await store.close()
