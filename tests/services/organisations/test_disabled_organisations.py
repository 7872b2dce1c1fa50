"""Disabled organisations: their people are out, nothing is assigned to them, two people enable."""

import pytest

from ledger import NewAccount, OrderState
from ledger.enabled_organisations import require_enabled
from ledger.errors import OrganisationDisabled, SecondPersonRequired, UnknownRow
from ledger.staff_errors import TooFewAdministrators, UnknownToken, WrongCredentials
from ledger.storage.storage_errors import GuardRefused
from services import Actor, ServiceContext
from services.accounts import accounts
from services.batches import batches
from services.batches.batches import BatchRequest
from services.errors import Forbidden, InvalidInput, OrganisationEnabled
from services.orders import orders
from services.orders.orders import OrderRequest
from services.organisations import organisations
from services.proposals import proposals
from services.sign_in import IdentityProof, SignInBudgets
from tests.accounts import add_accounts
from tests.services.accounts.test_accounts import PASSWORD, add_mai
from tests.services.office import Office, new_key

pytestmark = pytest.mark.usefixtures("quick_passwords")

ORDER = {"count": 10, "grade": "sealed", "product": "ri6", "print_house": "in-mekong"}


async def administrators(office: Office) -> tuple[ServiceContext, ServiceContext]:
    await add_accounts(office.ledger, "tri", "hoa", role="administrator")
    one, other = (
        ServiceContext(office.ledger, Actor(who, "administrator"), lambda: office.now)
        for who in ("tri", "hoa")
    )
    return one, other


async def test_its_people_are_out_at_once_and_two_people_let_them_in(office: Office) -> None:
    tri, hoa = await administrators(office)
    mai = await add_mai(office)
    proof, budgets = IdentityProof(PASSWORD, None, "session"), SignInBudgets(lambda: office.now)
    _, text = await accounts.create_own_token(mai, budgets, proof, "ERP", 9, longest_days=9)
    staff, sessions = office.ledger.staff, office.ledger.staff_sessions
    account = await staff.get("mai")
    await sessions.begin("s1", "mai", account.generation, browser="b")
    await organisations.disable_organisation(tri, "krong-pac", "left")
    assert await sessions.find_account("s1", account.generation) is None
    with pytest.raises(WrongCredentials):
        await staff.sign_in("mai", PASSWORD)
    with pytest.raises(UnknownToken):
        await accounts.authenticate_token(office.ledger, text, at=office.now)
    proposal = await organisations.propose_enabling(tri, "krong-pac", "returned", new_key())
    with pytest.raises(SecondPersonRequired):
        await proposals.approve_proposal(tri, proposal.id)
    assert (await organisations.find_enabling(tri, "krong-pac")) == proposal
    await proposals.approve_proposal(hoa, proposal.id)
    assert (await office.ledger.organisations.get("krong-pac")).disabled_at is None
    assert (await staff.sign_in("mai", PASSWORD)).id == "mai"
    with pytest.raises(OrganisationEnabled):
        await organisations.propose_enabling(tri, "krong-pac", "returned", new_key())
    entries = await office.ledger.audit.list_of_subject("organisations:krong-pac", limit=9)
    assert {"organisation.disable", "organisation.enable"} <= {one.action for one in entries}
    assert [one.details.get("reason") for one in entries[:2]] == ["returned", "left"]
    assert (await office.ledger.audit.verify()).ok


async def test_nothing_is_assigned_to_it(office: Office) -> None:
    tri, _ = await administrators(office)
    issuer, authority = office.context("issuer"), office.context("authority")
    waiting = await orders.request_order(issuer, OrderRequest(**ORDER, packer="krong-pac"))
    approved = await orders.request_order(issuer, OrderRequest(**ORDER, packer="tan-phuoc"))
    await orders.approve_order(authority, approved.id)
    for name in ("krong-pac", "tan-phuoc"):
        await organisations.disable_organisation(tri, name, "left")
    with pytest.raises(InvalidInput, match="krong-pac is disabled") as refused:
        await orders.request_order(issuer, OrderRequest(**ORDER, packer="krong-pac"))
    assert refused.value.evidence["field"] == "packer"
    with pytest.raises(OrganisationDisabled):
        await orders.approve_order(authority, waiting.id)
    assert (await orders.get_order(issuer, waiting.id)).state is OrderState.REQUESTED
    with pytest.raises(OrganisationDisabled):
        await batches.issue_batch(issuer, BatchRequest(approved.id, "VERITEM.VN"), new_key())
    with pytest.raises(OrganisationDisabled):
        await accounts.add_account(
            tri,
            NewAccount("lan", "Lan", PASSWORD, None, "packer", "krong-pac"),
            new_key(),
        )


async def test_the_last_two_administrators_outside_are_needed(office: Office) -> None:
    tri, _ = await administrators(office)
    staff = office.ledger.staff
    for who in ("operator", "second", "hoa"):
        await staff.disable(who, actor="tri")
    with pytest.raises(TooFewAdministrators):
        await organisations.disable_organisation(tri, "krong-pac", "left")
    assert (await office.ledger.organisations.get("krong-pac")).disabled_at is None


async def test_others_can_not_and_again_changes_nothing(office: Office) -> None:
    tri, _ = await administrators(office)
    for who in ("authority", "packer", "issuer"):
        with pytest.raises(Forbidden):
            await organisations.disable_organisation(office.context(who), "krong-pac", "left")
    with pytest.raises(UnknownRow):
        await organisations.disable_organisation(tri, "none", "left")
    first = await organisations.disable_organisation(tri, "krong-pac", "left")
    office.now += 1000
    assert await organisations.disable_organisation(tri, "krong-pac", "left") == first


async def test_the_database_itself_asks_for_the_second_person(office: Office) -> None:
    tri, _ = await administrators(office)
    known = await office.ledger.organisations.get("krong-pac")
    await organisations.disable_organisation(tri, "krong-pac", "left")
    with pytest.raises(GuardRefused):
        await office.ledger.organisations.replace(known)
    async with office.ledger._store.read() as connection:
        with pytest.raises(OrganisationDisabled):
            await require_enabled(connection, None, "krong-pac")
