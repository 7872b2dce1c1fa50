"""Accounts and registry: managed by the operator; passwords and tokens by their owner."""

import pyotp
import pytest

from ledger import ProductRow
from ledger.errors import UnknownRow, UnknownToken, WeakPassword, WrongCredentials
from services import Actor, ServiceContext, accounts, registry
from services.accounts import AccountRequest
from services.errors import ConfirmationLimited, Forbidden, InvalidInput, TokenLifetime
from services.sign_in import IdentityProof, SignInBudgets
from tests.services.office import Office

pytestmark = pytest.mark.usefixtures("quick_passwords")

PASSWORD = "sầu riêng Ri6 chín cây"
PROOF = IdentityProof(PASSWORD, None, "session")
OTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def budgets(office: Office) -> SignInBudgets:
    return SignInBudgets(lambda: office.now)


async def add_mai(office: Office, otp_secret: str | None = None) -> ServiceContext:
    request = AccountRequest("mai", "Mai", "packer", PASSWORD, "krong-pac", otp_secret)
    staff = await accounts.add_account(office.context("operator"), request)
    return ServiceContext(office.ledger, Actor.of_staff(staff), lambda: office.now)


async def test_only_the_operator_manages_accounts(office: Office) -> None:
    request = AccountRequest("mai", "Mai", "packer", PASSWORD)
    for who in ("issuer", "authority", "packer"):
        with pytest.raises(Forbidden):
            await accounts.add_account(office.context(who), request)
    await add_mai(office)
    listed = await accounts.list_accounts(office.context("operator"))
    assert [staff.id for staff in listed] == ["mai"]
    operator = office.context("operator")
    with pytest.raises(InvalidInput):
        await accounts.add_account(operator, AccountRequest("Mai!", "Mai", "packer", PASSWORD))
    with pytest.raises(UnknownRow):
        await accounts.add_account(
            operator, AccountRequest("lan", "Lan", "packer", PASSWORD, organisation="none")
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


async def test_the_operator_resets_a_password_and_ends_sessions_and_tokens(
    office: Office, budgets: SignInBudgets
) -> None:
    mai = await add_mai(office)
    _, text = await accounts.create_own_token(mai, budgets, PROOF, "ERP", 30, longest_days=90)
    with pytest.raises(Forbidden):
        await accounts.reset_password(office.context("issuer"), "mai", "măng cụt mùa hè")
    before = (await office.ledger.staff.get("mai")).generation
    reset = await accounts.reset_password(office.context("operator"), "Mai", "măng cụt mùa hè")
    assert reset.generation > before
    with pytest.raises(UnknownToken):
        await accounts.authenticate_token(office.ledger, text, at=office.now)
    await office.ledger.staff.sign_in("mai", "măng cụt mùa hè")


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
