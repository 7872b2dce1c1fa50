"""Events that published records quote: an error declared by any way is a change of the lot."""

from ledger import Ledger, LotRow, Organisation
from ledger.diary.entries import NewEntry
from ledger.record.epcis_captures import Capture
from ledger.record.epcis_events import NewEvent
from ledger.record.quoted_events import QuotedEventError
from tests.accounts import add_accounts

LEASE = 60_000


def event(n: int, **more: str) -> NewEvent:
    error = {"reason": more["reason"]} if more else None
    return NewEvent(f"{n:064x}", "ObjectEvent", n, None, {"n": n}, {}, [], error)


async def publish_quoting(ledger: Ledger, *quoted: int) -> int:
    """Publish a lot that quotes events of a laboratory; the id of the submission."""
    await add_accounts(ledger, "bo")
    for id_, kind in (("packer", "packer"), ("lab", "laboratory"), ("other", "laboratory")):
        await ledger.organisations.add(Organisation(id_, kind, id_))
    for n in quoted:
        await ledger.diary_entries.record("lab", [NewEntry(event(n), "test")], actor="tam")
    await ledger.lots.save(LotRow("L1", {"code": "L1"}, (), organisation="packer"))
    named = [("lab", event(n).id) for n in quoted]
    sent = await ledger.lot_submissions.submit("L1", 1, {}, quoted=named, actor="mai")
    await ledger.lot_submissions.approve(sent.id, actor="bo", sign=lambda _: {})
    return sent.id


async def capture(ledger: Ledger, organisation: str, *events: NewEvent) -> None:
    """Record a captured document of an organisation as a whole."""
    made = Capture(organisation, organisation, "tam", "rollback", 1_000, len(events))
    await ledger.epcis_captures.add(made, b"document")
    leased = await ledger.epcis_captures.lease(LEASE)
    assert leased is not None
    staged = await ledger.epcis_captures.stage(leased[0], events, lease_ms=LEASE)
    await ledger.epcis_captures.record_staged(staged)


async def test_an_error_in_a_captured_document_is_a_change_of_the_lot(ledger: Ledger) -> None:
    submission = await publish_quoting(ledger, 1, 2)
    heads = await ledger.changes.get_heads()
    await capture(ledger, "other", event(1, reason="did_not_occur"))
    await capture(ledger, "packer", event(3, reason="did_not_occur"))
    assert (await ledger.changes.get_changes_after(heads)).lots == set()
    assert await ledger.lot_submissions.list_quoted_errors(submission) == []
    await capture(ledger, "lab", event(2, reason="did_not_occur"), event(4))
    assert (await ledger.changes.get_changes_after(heads)).lots == {"L1"}
    [error] = await ledger.lot_submissions.list_quoted_errors(submission)
    assert error == QuotedEventError(event(2).id, error.at, is_withdrawn=True)
