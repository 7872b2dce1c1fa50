"""Accounts and registry: managed by the operator; passwords and tokens by their owner."""

import pytest
from argon2 import PasswordHasher

from ledger import ProductRow, passwords
from ledger.errors import UnknownRow, UnknownToken, WrongCredentials
from services import Actor, ServiceContext, accounts, registry
from services.accounts import AccountRequest
from services.errors import Forbidden, InvalidInput, TokenLifetime
from tests.services.office import Office

PASSWORD = "sầu riêng Ri6 chín cây"


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(1, 64, 1))


async def add_mai(office: Office) -> ServiceContext:
    staff = await accounts.add_account(
        office.context("operator"),
        AccountRequest("mai", "Mai", "packer", PASSWORD, organisation="krong-pac"),
    )
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


async def test_a_disabled_account_neither_signs_in_nor_keeps_its_tokens(office: Office) -> None:
    mai = await add_mai(office)
    _, text = await accounts.create_own_token(mai, "ERP", 30, longest_days=365)
    assert (await accounts.authenticate_token(office.ledger, text, at=office.now)).id == "mai"
    await accounts.disable_account(office.context("operator"), "mai")
    with pytest.raises(UnknownToken):
        await accounts.authenticate_token(office.ledger, text, at=office.now)
    with pytest.raises(WrongCredentials):
        await accounts.sign_in(office.ledger, "mai", PASSWORD, None, at=office.now)


async def test_a_token_lives_for_the_days_that_are_allowed(office: Office) -> None:
    mai = await add_mai(office)
    for days in (0, 366):
        with pytest.raises(TokenLifetime):
            await accounts.create_own_token(mai, "ERP", days, longest_days=365)
    token, text = await accounts.create_own_token(mai, "", 1, longest_days=365)
    assert token.label == "–"
    with pytest.raises(UnknownToken):
        await accounts.authenticate_token(office.ledger, text, at=office.now + 86_400_000)
    await accounts.revoke_own_token(mai, token.id)
    with pytest.raises(UnknownToken):
        await accounts.authenticate_token(office.ledger, text, at=office.now)


async def test_a_new_password_needs_the_old_one_and_ends_sessions(office: Office) -> None:
    mai = await add_mai(office)
    with pytest.raises(WrongCredentials):
        await accounts.change_own_password(mai, "wrong", "măng cụt mùa hè")
    before = (await office.ledger.staff.get("mai")).generation
    changed = await accounts.change_own_password(mai, PASSWORD, "măng cụt mùa hè")
    assert changed.generation > before
    await accounts.sign_in(office.ledger, "mai", "măng cụt mùa hè", None, at=office.now)


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
