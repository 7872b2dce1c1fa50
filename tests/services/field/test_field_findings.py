"""Checks and findings in the field: logged by name, recorded once, never against a later change."""

import dataclasses
from typing import Any

import pytest

from ledger.errors import KeyReused, UnknownRow
from services.attempt_budget import AttemptBudget
from services.errors import (
    CheckLimited,
    Forbidden,
    ForeignAddress,
    InvalidInput,
    PhoneShutOut,
)
from services.field import field_checks, field_findings, field_phones
from services.field.field_checks import OwnHosts
from services.field.field_findings import NewFinding
from services.stamps import transitions
from services.stamps.transitions import TransitionRequest
from stamps.errors import BadSignature, UnknownCode
from stamps.lifecycle import State, Transition
from tests.services.office import RING, SIGNER, Office, new_key

OWN = OwnHosts(["VERITEM.VN"])
JPEG = b"\xff\xd8 a photo"


def address(batch: int, index: int) -> str:
    return f"HTTPS://VERITEM.VN/S/{RING.seal(batch, index, index + 1)[0].decode()}"


def found(batch: int, index: int = 3, **changes: Any) -> NewFinding:
    return NewFinding(**{"kind": "copy", "typed": address(batch, index), **changes})


async def test_a_check_shows_the_whole_record_and_is_logged_by_name(office: Office) -> None:
    batch = await office.activate_batch(100)
    record = await field_checks.check_stamp(office.context("inspector"), address(batch, 3), OWN)
    assert (record.name, record.span.state) == (f"{batch}·3", State.ACTIVATED)
    assert record.lot is not None
    assert record.lot.code == "L1"
    assert record.parties is not None
    assert record.parties.packer is not None
    assert [one.transition for one in record.transitions] == ["print", "activate"]
    assert (record.signature, record.is_expired) == ("none", False)
    [entry] = await office.ledger.audit.list_of_subject(f"stamp:{batch}·3", limit=5)
    assert (entry.actor, entry.action, entry.details) == (
        "inspector", "field.check", {"result": "activated"}
    )  # fmt: skip
    assert (await office.ledger.scans.list_of_stamp(batch, 3)) == []


async def test_refused_checks_are_logged_too_and_no_code_is_taken_from_a_foreign_address(
    office: Office,
) -> None:
    batch = await office.activate_batch(100)
    inspector = office.context("inspector")
    code = address(batch, 3).rpartition("/")[2]
    with pytest.raises(ForeignAddress) as refused:
        await field_checks.check_stamp(inspector, f"https://verltem.vn/S/{code}", OWN)
    assert refused.value.evidence["host"] == "verltem.vn"
    with pytest.raises(UnknownCode):
        await field_checks.check_stamp(inspector, "0D9FRH4K0121V8Q02M5T", OWN)
    with pytest.raises(InvalidInput):
        await field_checks.check_stamp(inspector, f"{batch}·0-9", OWN)
    with pytest.raises(BadSignature):
        await field_checks.check_stamp(inspector, f"{address(batch, 3)}.{'0' * 103}", OWN)
    entries = [e for e in await office.ledger.audit.list_after(0) if e.action == "field.check"]
    assert [entry.details["result"] for entry in entries] == [
        "foreign-address", "unknown-code", "invalid-input", "bad-signature",
    ]  # fmt: skip


async def test_a_signed_stamp_says_whether_its_signature_was_seen(office: Office) -> None:
    batch = await office.print_batch(10, grade="signed")
    code = RING.seal(batch, 3, 4)
    signature = SIGNER.sign_codes(code)[0].decode()
    inspector = office.context("inspector")
    with_it = await field_checks.check_stamp(inspector, f"{address(batch, 3)}.{signature}", OWN)
    without = await field_checks.check_stamp(inspector, address(batch, 3), OWN)
    assert (with_it.signature, without.signature) == ("valid", "missing")


async def test_checks_of_an_account_have_a_budget_and_a_role(office: Office) -> None:
    batch = await office.activate_batch(10)
    budget = AttemptBudget(2, refill_ms=1000, clock=lambda: office.now, refusal=CheckLimited)
    for _ in range(2):
        await field_checks.check_stamp(office.context("inspector"), address(batch, 3), OWN, budget)
    with pytest.raises(CheckLimited):
        await field_checks.check_stamp(office.context("inspector"), address(batch, 3), OWN, budget)
    for who in ("packer", "press", "authority"):
        with pytest.raises(Forbidden):
            await field_checks.check_stamp(office.context(who), address(batch, 3), OWN)


async def test_a_finding_is_recorded_once_and_shown_with_its_stamp(office: Office) -> None:
    batch = await office.activate_batch(10)
    inspector, key = office.context("inspector"), new_key()
    new = found(batch, note="Sạp 14", lat=21.03456, lon=105.85432, province="01")
    first = await field_findings.add_finding(inspector, new, OWN, key, [JPEG])
    office.now += 60_000
    late = dataclasses.replace(new, found_at=office.now - 5_000)
    assert await field_findings.add_finding(inspector, late, OWN, key, [JPEG]) == first
    with pytest.raises(KeyReused):
        await field_findings.add_finding(
            inspector, dataclasses.replace(new, note="x"), OWN, key, [JPEG]
        )
    assert (first.stamp, first.lat, first.lon) == ((batch, 3), 21.03, 105.85)
    assert await field_findings.get_photo(inspector, first.id, 0) == JPEG
    with pytest.raises(UnknownRow):
        await field_findings.get_photo(inspector, first.id, 1)
    record = await field_checks.check_stamp(inspector, address(batch, 3), OWN)
    assert [one.id for one in record.findings] == [first.id]
    handled = await field_findings.handle_finding(inspector, first.id, "Đã lập biên bản")
    assert (handled.state, handled.handled_by) == ("handled", "inspector")
    again = await field_findings.handle_finding(inspector, first.id, "khác")
    assert again.handled_note == "Đã lập biên bản"


async def test_an_address_like_ours_and_an_unknown_code_are_findings_without_a_stamp(
    office: Office,
) -> None:
    batch = await office.activate_batch(10)
    inspector = office.context("inspector")
    code = address(batch, 3).rpartition("/")[2]
    new = NewFinding(kind="lookalike", typed=f"https://verltem.vn/S/{code}", wish="suspend")
    alike = await field_findings.add_finding(inspector, new, OWN, new_key())
    assert (alike.stamp, alike.host, alike.outcome) == (None, "verltem.vn", "conflict")
    assert (await office.ledger.transitions.get_span(batch, 3)).state is State.ACTIVATED
    unknown = NewFinding(kind="copy", typed="0D9FRH4K0121V8Q02M5T")
    assert (await field_findings.add_finding(inspector, unknown, OWN, new_key())).stamp is None


async def test_a_wished_suspension_is_carried_out_once_and_with_its_finding(office: Office) -> None:
    batch = await office.activate_batch(10)
    inspector, key = office.context("inspector"), new_key()
    office.now += 60_000
    for _ in range(2):
        made = await field_findings.add_finding(inspector, found(batch, wish="suspend"), OWN, key)
        assert made.outcome == "done"
    history = await office.ledger.transitions.list_history(batch, 3)
    assert [one.transition for one in history].count("suspend") == 1
    assert (await office.ledger.transitions.get_span(batch, 3)).state is State.SUSPENDED
    assert (await office.ledger.transitions.get_span(batch, 4)).state is State.ACTIVATED


async def test_a_suspension_without_its_finding_is_completed_when_the_phone_sends_again(
    office: Office,
) -> None:
    """What a kill between the two leaves: the same key finds the suspension as done."""
    batch = await office.activate_batch(10)
    inspector, key = office.context("inspector"), new_key()
    office.now += 60_000
    id_ = field_findings.name_finding(inspector.scope_key(key))
    half = TransitionRequest(Transition.SUSPEND, ranges=(f"{batch}·3",), reason="counterfeit")
    await transitions.apply_transition(inspector, half, f"finding-{id_}")
    sent = found(batch, wish="suspend", found_at=office.now - 1_000)
    made = await field_findings.add_finding(inspector, sent, OWN, key)
    assert made.outcome == "done"
    history = await office.ledger.transitions.list_history(batch, 3)
    assert [one.transition for one in history].count("suspend") == 1


async def test_a_stamp_that_changed_since_is_left_alone_and_the_finding_is_a_task(
    office: Office,
) -> None:
    batch = await office.activate_batch(10)
    inspector = office.context("inspector")
    seen_at = office.now + 1_000
    office.now += 3_600_000
    for step, reason in ((Transition.SUSPEND, "counterfeit"), (Transition.RELEASE, "cleared")):
        request = TransitionRequest(step, ranges=(f"{batch}·3",), reason=reason)
        await transitions.apply_transition(inspector, request, new_key())
    sent = found(batch, wish="suspend", found_at=seen_at)
    assert (await field_findings.add_finding(inspector, sent, OWN, new_key())).outcome == "conflict"
    assert (await office.ledger.transitions.get_span(batch, 3)).state is State.ACTIVATED


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("kind", {"kind": "fake"}),
        ("wish", {"wish": "burn"}),
        ("typed", {"typed": ""}),
        ("note", {"note": "x" * 2001}),
        ("lat", {"lat": 21.0}),
        ("lat", {"lat": 91.0, "lon": 0.0}),
        ("province", {"province": "00"}),
        ("answer", {"answer": "genuine"}),
    ],
)
async def test_what_no_finding_can_say_is_refused_by_its_field(
    office: Office, field: str, changes: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInput) as refused:
        await field_findings.add_finding(
            office.context("inspector"), found(7, **changes), OWN, new_key()
        )
    assert refused.value.evidence["field"] == field


async def test_a_phone_that_is_shut_out_sends_nothing_and_learns_it_without_a_session(
    office: Office,
) -> None:
    inspector = office.context("inspector")
    phone, proof = await field_phones.add_phone(inspector, " Máy của Thanh ")
    assert phone.label == "Máy của Thanh"
    assert await field_phones.require_phone(inspector, proof) == phone
    assert await field_phones.find_standing(office.ledger, proof) == "in"
    await field_phones.shut_out(inspector, phone.id)
    assert await field_phones.find_standing(office.ledger, proof) == "out"
    with pytest.raises(PhoneShutOut):
        await field_phones.require_phone(inspector, proof)
    for guess in ("", phone.id, f"{phone.id}.x", "x.y"):
        assert await field_phones.find_standing(office.ledger, guess) == "unknown"
    actions = [entry.action for entry in await office.ledger.audit.list_after(0)]
    assert actions[-2:] == ["field.phone-add", "field.phone-shut"]


async def test_nobody_shuts_out_the_phone_of_another_inspector(office: Office) -> None:
    phone, _ = await field_phones.add_phone(office.context("inspector"), "x")
    other = dataclasses.replace(
        office.context("inspector"),
        actor=dataclasses.replace(office.context("inspector").actor, id="other"),
    )
    with pytest.raises(UnknownRow):
        await field_phones.shut_out(other, phone.id)
    with pytest.raises(Forbidden):
        await field_phones.list_phones(other, "inspector")
