"""Lots: whose they are, whose places they name, and when they were packed."""

from typing import Any

import pytest

from ledger import LotRow, Organisation, PlaceRow, Proposal
from ledger.errors import (
    LotConfirmationRequired,
    LotReasonRequired,
    SecondPersonRequired,
    UnknownProposal,
)
from services.errors import ForeignPlace, InvalidInput
from services.lots import lots
from services.lots.lots import CorrectionRequest
from services.proposals import proposals
from stamps.errors import VeritemError
from stamps.timestamps import format_rfc3339
from tests.accounts import add_accounts
from tests.services.office import NOW, Office, foreign_document, lot_document
from traceability import MalformedLot
from traceability.lot_rules import CLOCK_TOLERANCE_MS, PackedElsewhere, PackedInFuture

FOREIGN_AREA = {"code": "VN-TGOR-0034"}
FOREIGN_HOUSE = {"code": "VN-TGPH-0034"}


@pytest.fixture(autouse=True)
async def places(office: Office) -> None:
    """What another packer registered, and a grower."""
    await office.ledger.organisations.add(Organisation("y-bih", "grower", "Y Bih Niê"))
    for place in (
        PlaceRow("tp", "packing_house", "T", "VN-TGPH-0034", organisation="tan-phuoc"),
        PlaceRow("tv", "growing_area", "T", "VN-TGOR-0034", organisation="tan-phuoc"),
        PlaceRow("yb", "growing_area", "Y", "VN-ĐLOR-0007", organisation="y-bih"),
    ):
        await office.ledger.places.add(place)


def packed_at(at: int, location: str = "VN-ĐLPH-0012") -> list[dict[str, Any]]:
    return [{"stage": "packed", "at": format_rfc3339(at), "location": location, "product": "ri6"}]


REFUSED: list[tuple[dict[str, Any], type[VeritemError]]] = [
    ({"packing_house": FOREIGN_HOUSE, "stages": []}, ForeignPlace),
    ({"packing_house": {"code": "VN-TGPH-9999"}, "stages": []}, ForeignPlace),
    ({"growing_area": FOREIGN_AREA}, ForeignPlace),
    ({"stages": [{"stage": "processed", "location": "vn-tgph-0034"}]}, ForeignPlace),
    ({"stages": [{"stage": "harvested", "location": "VN-TGOR-0034"}]}, ForeignPlace),
    ({"stages": packed_at(NOW, "VN-TGPH-0034")}, PackedElsewhere),
    ({"stages": packed_at(NOW + CLOCK_TOLERANCE_MS + 1)}, PackedInFuture),
    ({"stages": packed_at(NOW), "expires_at": format_rfc3339(NOW - 1)}, MalformedLot),
    ({"shelf_life_days": 0}, MalformedLot),
    ({"product": {"code": "ri6", "name": {"vi": "Ri6"}, "gtin": "08935000000021"}}, InvalidInput),
]


@pytest.mark.parametrize(("changes", "refusal"), REFUSED)
async def test_a_lot_names_own_places_and_times_that_have_come(
    office: Office, changes: dict[str, Any], refusal: type[VeritemError]
) -> None:
    with pytest.raises(refusal):
        await lots.put_lot(office.context("packer"), lot_document(**changes))
    assert await office.ledger.lots.list() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"growing_area": {"code": "VN-ĐLOR-0007"}},
        {"stages": packed_at(NOW + CLOCK_TOLERANCE_MS)},
        {"stages": packed_at(NOW, "vn-đlph-0012")},
        {"stages": [{"stage": "transported", "location": "Kho lạnh Buôn Hồ"}]},
    ],
)
async def test_growers_areas_and_own_places_are_named(
    office: Office, changes: dict[str, Any]
) -> None:
    assert (await lots.put_lot(office.context("packer"), lot_document(**changes))).version == 1


async def test_a_lot_belongs_to_the_organisation_of_its_author(office: Office) -> None:
    put = await lots.put_lot(office.context("packer"), lot_document("L1"))
    assert put.organisation == "krong-pac"
    derived = await lots.put_lot(office.context("operator"), lot_document("L2"))
    assert derived.organisation == "krong-pac"
    named = await lots.put_lot(
        office.context("operator"), foreign_document("L3"), organisation="tan-phuoc"
    )
    assert named.organisation == "tan-phuoc"


@pytest.mark.parametrize(
    ("who", "organisation", "why"),
    [
        ("packer", "tan-phuoc", "is tan-phuoc; the lot belongs to krong-pac"),
        ("operator", None, "is missing"),
        ("operator", "nobody", "there is no nobody"),
    ],
)
async def test_an_owner_that_can_not_be_is_refused(
    office: Office, who: str, organisation: str | None, why: str
) -> None:
    with pytest.raises(InvalidInput, match=why):
        await lots.put_lot(office.context(who), foreign_document("L1"), organisation=organisation)


async def test_a_bound_lot_is_corrected_with_a_published_reason(office: Office) -> None:
    await office.activate_batch()
    packer = office.context("packer")
    with pytest.raises(LotReasonRequired, match="brand"):
        await lots.put_lot(packer, lot_document(brand="Krông Pắc"))
    because = CorrectionRequest("because")
    with pytest.raises(InvalidInput, match="must be one of typing-error"):
        await lots.put_lot(packer, lot_document(brand="K"), correction=because)
    correction = CorrectionRequest("typing-error", "x")
    await lots.put_lot(packer, lot_document(brand="K"), correction=correction)
    page = await lots.list_versions(packer, "L1", limit=1)
    [version] = page.items
    assert (version.changed, version.reason, version.note) == (["brand"], "typing-error", "x")
    [first] = (await lots.list_versions(packer, "L1", after=page.next)).items
    assert first.document["standards"] == lot_document()["standards"]


MATERIAL: list[tuple[dict[str, Any], list[str]]] = [
    ({"shelf_life_days": 400}, ["expiry"]),
    ({"stages": [*lot_document()["stages"][:2], *packed_at(NOW)]}, ["packing", "expiry"]),
    ({"producer": {**lot_document()["producer"], "name": "Hộ khác"}}, ["producer"]),
    ({"growing_area": {"code": "VN-ĐLOR-0007"}}, ["growing_area"]),
    (
        {"product": {**lot_document()["product"], "name": {"vi": "Monthong"}}},
        ["product"],
    ),
]


@pytest.mark.parametrize(("changes", "parts"), MATERIAL)
async def test_a_material_correction_needs_a_second_person(
    office: Office, changes: dict[str, Any], parts: list[str]
) -> None:
    """Also after the shelf life: one person does not bring expired stamps back."""
    await office.activate_batch()
    office.now = NOW + 90 * 86_400_000
    with pytest.raises(LotConfirmationRequired) as refused:
        await lots.put_lot(
            office.context("packer"),
            lot_document(**changes),
            correction=CorrectionRequest("typing-error"),
        )
    assert refused.value.evidence["changed"] == ", ".join(parts)
    assert (await office.ledger.lots.get("L1")).version == 1


async def propose_longer_life(office: Office) -> Proposal:
    changes = lot_document(shelf_life_days=400)
    correction = CorrectionRequest("typing-error")
    asked = await lots.submit_lot(office.context("packer"), changes, correction=correction)
    assert isinstance(asked, Proposal)
    again = await lots.submit_lot(office.context("packer"), changes, correction=correction)
    assert again == asked
    return asked


async def test_a_colleague_or_the_authority_confirms_what_one_person_proposes(
    office: Office,
) -> None:
    await add_accounts(office.ledger, "packer", "packer2", "other-packer", role="packer")
    await add_accounts(office.ledger, "authority")
    await office.activate_batch()
    proposal = await propose_longer_life(office)
    assert (await office.ledger.lots.get("L1")).version == 1
    with pytest.raises(SecondPersonRequired):
        await proposals.approve_proposal(office.context("packer"), proposal.id)
    for act in (proposals.get_proposal, proposals.approve_proposal, proposals.refuse_proposal):
        with pytest.raises(UnknownProposal):
            await act(office.context("other-packer"), proposal.id)
    for who, seen in (("other-packer", []), ("packer2", [proposal]), ("authority", [proposal])):
        assert (await proposals.list_proposals(office.context(who))).items == seen
    assert await lots.find_pending_change(office.context("packer2"), "L1") == proposal
    await proposals.approve_proposal(office.context("packer2"), proposal.id)
    [version] = (await lots.list_versions(office.context("packer"), "L1", limit=1)).items
    assert (version.actor, version.confirmed_by, version.changed) == (
        "packer",
        "packer2",
        ["expiry"],
    )
    assert version.document["shelf_life_days"] == 400
    assert await lots.find_pending_change(office.context("packer"), "L1") is None


async def test_a_refused_change_can_be_proposed_again(office: Office) -> None:
    await add_accounts(office.ledger, "packer", role="packer")
    await add_accounts(office.ledger, "authority")
    await office.activate_batch()
    first = await propose_longer_life(office)
    await proposals.refuse_proposal(office.context("authority"), first.id)
    second = await propose_longer_life(office)
    assert second.id != first.id
    await proposals.approve_proposal(office.context("authority"), second.id)
    assert (await office.ledger.lots.get("L1")).version == 2


async def test_what_one_person_may_change_is_saved_at_once(office: Office) -> None:
    await office.activate_batch()
    saved = await lots.submit_lot(
        office.context("packer"),
        lot_document(brand="K"),
        correction=CorrectionRequest("inspection"),
    )
    assert isinstance(saved, LotRow)
    assert saved.version == 2
