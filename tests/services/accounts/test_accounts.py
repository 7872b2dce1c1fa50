"""Accounts and registry: managed by the operator; passwords and tokens by their owner."""

from pathlib import Path

import pyotp
import pytest

from ledger import NewAccount, ProductRow, open_ledger
from ledger.errors import SecondPersonRequired, UnknownProposal, UnknownRow
from ledger.staff_errors import (
    AccountDisabled,
    AlreadyFounded,
    InvitationOpen,
    NobodyElse,
    UnknownInvitation,
    UnknownToken,
    WeakPassword,
    WrongCredentials,
)
from services import Actor, ServiceContext
from services.accounts import accounts, invitations
from services.errors import ConfirmationLimited, Forbidden, InvalidInput, TokenLifetime
from services.organisations import registry
from services.proposals import proposals
from services.sign_in import IdentityProof, SignInBudgets
from tests.accounts import add_accounts
from tests.services.office import NOW, Office, new_key

pytestmark = pytest.mark.usefixtures("quick_passwords")

PASSWORD = "sầu riêng Ri6 chín cây"
PROOF = IdentityProof(PASSWORD, None, "session")
OTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def budgets(office: Office) -> SignInBudgets:
    return SignInBudgets(lambda: office.now)


async def add_mai(office: Office, otp_secret: str | None = None) -> ServiceContext:
    request = NewAccount("mai", "Mai", PASSWORD, otp_secret, "packer", "krong-pac")
    _, proposal = await accounts.add_account(office.context("operator"), request, new_key())
    await proposals.approve_proposal(office.context("second"), proposal.id)
    staff = await office.ledger.staff.get("mai")
    return ServiceContext(office.ledger, Actor.of_staff(staff), lambda: office.now)


async def test_only_the_operator_manages_accounts(office: Office) -> None:
    request = NewAccount("mai", "Mai", PASSWORD, role="packer")
    for who in ("issuer", "authority", "packer"):
        with pytest.raises(Forbidden):
            await accounts.add_account(office.context(who), request, new_key())
    await add_mai(office)
    listed = await accounts.list_accounts(office.context("operator"))
    assert "mai" in [staff.id for staff in listed]
    operator = office.context("operator")
    with pytest.raises(InvalidInput):
        await accounts.add_account(operator, NewAccount("Mai!", "Mai", PASSWORD), "k1")
    with pytest.raises(UnknownRow):
        await accounts.add_account(
            operator, NewAccount("lan", "Lan", PASSWORD, organisation="none"), "k2"
        )


async def test_a_disabled_account_neither_signs_in_nor_keeps_its_tokens(
    office: Office, budgets: SignInBudgets
) -> None:
    mai = await add_mai(office)
    _, text = await accounts.create_own_token(mai, budgets, PROOF, "ERP", 30, longest_days=90)
    assert (await accounts.authenticate_token(office.ledger, text, at=office.now)).id == "mai"
    await accounts.disable_account(office.context("operator"), "Mai ")
    with pytest.raises(UnknownToken):
        await accounts.authenticate_token(office.ledger, text, at=office.now)
    with pytest.raises(WrongCredentials):
        await office.ledger.staff.sign_in("mai", PASSWORD)


async def test_a_token_lives_for_the_days_that_are_allowed(
    office: Office, budgets: SignInBudgets
) -> None:
    mai = await add_mai(office)
    for days in (0, 91):
        with pytest.raises(TokenLifetime):
            await accounts.create_own_token(mai, budgets, PROOF, "ERP", days, longest_days=90)
    token, text = await accounts.create_own_token(mai, budgets, PROOF, "", 1, longest_days=90)
    assert token.label == "–"
    with pytest.raises(UnknownToken):
        await accounts.authenticate_token(office.ledger, text, at=office.now + 86_400_000)
    await accounts.revoke_own_token(mai, token.id)
    with pytest.raises(UnknownToken):
        await accounts.authenticate_token(office.ledger, text, at=office.now)


async def test_a_token_needs_the_password_and_the_one_time_code_again(
    office: Office, budgets: SignInBudgets
) -> None:
    mai = await add_mai(office, OTP_SECRET)
    code = pyotp.TOTP(OTP_SECRET).at(office.now // 1000)
    for password, otp in ((PASSWORD, None), ("wrong", code), (PASSWORD, "000000")):
        proof = IdentityProof(password, otp, "session")
        with pytest.raises(WrongCredentials):
            await accounts.create_own_token(mai, budgets, proof, "ERP", 1, longest_days=90)
    assert await accounts.list_own_tokens(mai) == []
    proof = IdentityProof(PASSWORD, f"{code[:3]} {code[3:]}", "session")
    await accounts.create_own_token(mai, budgets, proof, "ERP", 1, longest_days=90)


async def test_a_stolen_session_guesses_five_passwords_and_blocks_no_other(
    office: Office, budgets: SignInBudgets
) -> None:
    mai = await add_mai(office)
    stolen = IdentityProof("wrong", None, "stolen session")
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            await accounts.change_own_password(mai, budgets, stolen, "măng cụt mùa hè")
    with pytest.raises(ConfirmationLimited):
        await accounts.create_own_token(mai, budgets, stolen, "ERP", 1, longest_days=90)
    await accounts.change_own_password(mai, budgets, PROOF, "măng cụt mùa hè")


async def test_a_new_password_needs_the_old_one_and_ends_sessions_and_tokens(
    office: Office, budgets: SignInBudgets
) -> None:
    mai = await add_mai(office)
    _, text = await accounts.create_own_token(mai, budgets, PROOF, "ERP", 30, longest_days=90)
    wrong = IdentityProof("wrong", None, "session")
    with pytest.raises(WrongCredentials):
        await accounts.change_own_password(mai, budgets, wrong, "măng cụt mùa hè")
    with pytest.raises(WeakPassword):
        await accounts.change_own_password(mai, budgets, PROOF, "matkhau123")
    before = (await office.ledger.staff.get("mai")).generation
    changed = await accounts.change_own_password(mai, budgets, PROOF, "măng cụt mùa hè")
    assert changed.generation > before
    with pytest.raises(UnknownToken):
        await accounts.authenticate_token(office.ledger, text, at=office.now)
    await office.ledger.staff.sign_in("mai", "măng cụt mùa hè")


async def test_whoever_resets_a_password_can_not_decide_as_that_account(office: Office) -> None:
    await add_accounts(office.ledger, "tri", "hoa", role="administrator")
    tri, ba = (
        ServiceContext(office.ledger, Actor(who, "administrator"), lambda: office.now)
        for who in ("tri", "ba")
    )
    with pytest.raises(NobodyElse):
        await invitations.reset_password(tri, "hoa", "k")
    await add_accounts(office.ledger, "ba", role="administrator")
    with pytest.raises(Forbidden):
        await invitations.reset_password(office.context("issuer"), "hoa", "k")
    with pytest.raises(InvalidInput):
        await invitations.reset_password(tri, " TRI", "k")
    changed, proposal, link = await invitations.reset_password(tri, "hoa", "k")
    assert proposal is not None
    hoa = ServiceContext(office.ledger, Actor.of_staff(changed), lambda: office.now)
    for context, refusal in (
        (tri, SecondPersonRequired),
        (hoa, UnknownProposal),
        (ba, InvitationOpen),
    ):
        with pytest.raises(refusal):
            await proposals.approve_proposal(context, proposal.id)
    await office.ledger.invitations.accept(link, "măng cụt mùa hè", at=office.now)
    await proposals.approve_proposal(ba, proposal.id)
    assert (await office.ledger.staff.get("hoa")).is_confirmed


async def test_a_reset_ends_password_sessions_and_tokens_at_once(office: Office) -> None:
    await add_mai(office, OTP_SECRET)
    operator = office.context("operator")
    _, token = await office.ledger.tokens.create(
        "mai", label="x", actor="mai", expires_at=office.now + 9
    )
    changed, proposal, link = await invitations.reset_password(operator, "mai", "k")
    # Whoever has the link alone has no one-time code, so nobody needs to confirm the account.
    assert (changed.is_confirmed, changed.generation, proposal) == (True, 2, None)
    with pytest.raises(UnknownToken):
        await accounts.authenticate_token(office.ledger, token, at=office.now)
    code = pyotp.TOTP(OTP_SECRET).at(office.now // 1000)
    for password in (PASSWORD, ""):
        with pytest.raises(WrongCredentials):
            await office.ledger.staff.sign_in("mai", password, code, at=office.now)
    with pytest.raises(InvitationOpen):
        await invitations.reset_password(operator, "mai", "k2")
    newer = await invitations.renew_invitation(operator, "mai")
    with pytest.raises(UnknownInvitation):
        await office.ledger.invitations.accept(link, "măng cụt mùa hè", at=office.now)
    await office.ledger.invitations.accept(newer, "măng cụt mùa hè", at=office.now)
    assert await office.ledger.staff.sign_in("mai", "măng cụt mùa hè", code, at=office.now)


async def test_a_reset_takes_the_one_time_codes_too_where_it_is_asked_for(office: Office) -> None:
    await add_accounts(office.ledger, "tri", "ba", role="administrator")
    await add_mai(office, OTP_SECRET)
    tri = ServiceContext(office.ledger, Actor("tri", "administrator"), lambda: office.now)
    changed, proposal, _ = await invitations.reset_password(tri, "mai", "k", with_codes=True)
    assert (changed.has_otp, changed.is_confirmed) == (False, False)
    assert proposal is not None
    await office.ledger.staff.disable("mai", actor="tri")
    with pytest.raises(AccountDisabled):
        await invitations.reset_password(tri, "mai", "k2")


async def test_two_people_found_the_accounts_and_once(tmp_path: Path) -> None:
    lan = NewAccount("lan", "Lan", PASSWORD)
    async with await open_ledger(f"sqlite:///{tmp_path / 'new.db'}") as ledger:
        await ledger.migrate()
        for other in (
            NewAccount(" LAN", "Lan", "măng cụt mùa hè"),
            NewAccount("minh", "Minh", PASSWORD + " "),
        ):
            with pytest.raises(InvalidInput, match="two people"):
                await accounts.found_accounts(ledger, (lan, other), is_demo=False, at=NOW)
        assert not await ledger.staff.is_founded()
        minh = NewAccount("minh", "Minh", "măng cụt mùa hè")
        founded = await accounts.found_accounts(ledger, (lan, minh), is_demo=False, at=NOW)
        assert [(one.role, one.is_confirmed) for one in founded] == [("administrator", True)] * 2
        again = (NewAccount("a", "A", PASSWORD), NewAccount("b", "B", "măng cụt mùa hè"))
        with pytest.raises(AlreadyFounded):
            await accounts.found_accounts(ledger, again, is_demo=True, at=NOW)


async def test_a_product_is_added_with_a_valid_gtin(office: Office) -> None:
    operator = office.context("operator")
    added = await registry.add_product(operator, ProductRow("p1", {"vi": "x"}, "8935000000014"))
    assert added.gtin == "08935000000014"
    with pytest.raises(InvalidInput):
        await registry.add_product(operator, ProductRow("p2", {"vi": "x"}, "8935000000015"))
    with pytest.raises(Forbidden):
        await registry.add_product(office.context("packer"), ProductRow("p3", {"vi": "x"}))
    known = await registry.list_registry(office.context("packer"))
    assert {product.id for product in known.products} == {"ri6", "p1"}
