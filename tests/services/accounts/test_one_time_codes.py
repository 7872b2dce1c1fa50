"""One-time codes that an administrator resets."""

import pytest

from ledger.accounts.recovery_codes import make_recovery_codes
from ledger.staff_errors import NobodyElse, UnknownStaff, UnknownToken, WrongCredentials
from services import Actor, ServiceContext
from services.accounts import one_time_codes
from services.errors import Forbidden, InvalidInput, NotConfirmed
from services.permissions import Permission, require_permission
from services.proposals import proposals
from services.sign_in import IdentityProof, SignInBudgets
from tests.accounts import add_accounts
from tests.services.accounts.test_accounts import OTP_SECRET, PASSWORD, add_mai
from tests.services.office import Office, new_key

pytestmark = pytest.mark.usefixtures("quick_passwords")


async def test_an_account_whose_codes_were_reset_waits_for_a_third_person(office: Office) -> None:
    await add_mai(office, OTP_SECRET)
    with pytest.raises(NobodyElse):
        await one_time_codes.reset_codes(office.context("operator"), "mai", new_key())
    await add_accounts(office.ledger, "ba", role="administrator")
    codes = make_recovery_codes()
    staff, tokens = office.ledger.staff, office.ledger.tokens
    await office.ledger.second_factors.set_recovery_codes("mai", codes, actor="mai")
    _, token = await tokens.create("mai", label="x", actor="mai", expires_at=office.now + 9)
    changed, proposal = await one_time_codes.reset_codes(
        office.context("operator"), "mai", new_key()
    )
    assert (changed.has_otp, changed.is_confirmed) == (False, False)
    assert await office.ledger.second_factors.count_recovery_codes("mai") == 0
    with pytest.raises(UnknownToken):
        await tokens.get_account(token, office.now)
    signed_in = await staff.sign_in("mai", PASSWORD, at=office.now)
    with pytest.raises(NotConfirmed):
        require_permission(
            ServiceContext(office.ledger, Actor.of_staff(signed_in), lambda: office.now),
            Permission.LOT_SEE,
        )
    await proposals.approve_proposal(office.context("second"), proposal.id)
    assert (await staff.get("mai")).is_confirmed


async def test_only_another_administrator_resets_codes(office: Office) -> None:
    for who, account, refusal in (
        ("packer", "operator", Forbidden),
        ("operator", "operator", InvalidInput),
        ("operator", "nobody", UnknownStaff),
    ):
        with pytest.raises(refusal):
            await one_time_codes.reset_codes(office.context(who), account, new_key())


async def test_new_recovery_codes_need_the_password(office: Office) -> None:
    mai = await add_mai(office)
    budgets = SignInBudgets(lambda: office.now)
    proof = IdentityProof("not the password", None, "session")
    with pytest.raises(WrongCredentials):
        await one_time_codes.renew_recovery_codes(mai, budgets, proof)
