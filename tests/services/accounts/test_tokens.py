"""Tokens of organisations: who makes them, what they may do, and that they outlive their maker."""

import pytest

from ledger.errors import OrganisationDisabled, UnknownRow
from ledger.staff_errors import AccountRequired, UnknownToken, WrongCredentials
from ledger.trade_kinds import TRADE_KINDS
from services import Actor, ServiceContext
from services.accounts import accounts, tokens
from services.errors import Forbidden, InvalidInput, TokenLifetime, TokenLimited
from services.lists.access import SESSIONS, TOKENS
from services.lists.description import ListRequest
from services.lists.find import find_list_page
from services.lots import lots
from services.lots.lots import CorrectionRequest
from services.organisations import organisations
from services.permissions import GRANTS, TOKEN_PERMISSIONS, Permission
from services.sign_in import IdentityProof, SignInBudgets
from tests.accounts import add_accounts
from tests.services.accounts.test_accounts import PASSWORD, PROOF, add_mai
from tests.services.office import Office, lot_document

pytestmark = pytest.mark.usefixtures("quick_passwords")

SCOPES = (Permission.LOT_PUT, Permission.LOT_SEE)


@pytest.fixture
def budgets(office: Office) -> SignInBudgets:
    return SignInBudgets(lambda: office.now)


async def make(context: ServiceContext, budgets: SignInBudgets) -> tuple[str, str]:
    made, text = await tokens.create_organisation_token(
        context, budgets, PROOF, "Dây chuyền 2", 30, longest_days=90, scopes=SCOPES
    )
    return made.id, text


async def act(office: Office, text: str) -> ServiceContext:
    actor = await accounts.authenticate_token(office.ledger, text, at=office.now)
    return ServiceContext(office.ledger, actor, lambda: office.now, office.issuer)


async def test_it_survives_the_leaving_and_the_new_password_of_its_maker(
    office: Office, budgets: SignInBudgets
) -> None:
    mai = await add_mai(office)
    id_, text = await make(mai, budgets)
    await accounts.change_own_password(mai, budgets, PROOF, "măng cụt mùa hè")
    await accounts.disable_account(office.context("operator"), "mai")
    machine = await act(office, text)
    assert machine.actor == Actor(f"token:{id_}", "packer", "krong-pac", scopes=frozenset(SCOPES))
    saved = await lots.put_lot(machine, lot_document("L9"))
    assert (saved.organisation, saved.actor) == ("krong-pac", f"token:{id_}")
    assert await office.ledger.tokens.list_of_account("mai") == []


async def test_it_does_no_more_than_its_scopes_and_never_decides(
    office: Office, budgets: SignInBudgets
) -> None:
    _, text = await make(await add_mai(office), budgets)
    machine = await act(office, text)
    with pytest.raises(Forbidden):
        await organisations.get_organisation(machine, "krong-pac")
    with pytest.raises(TokenLimited):
        await tokens.revoke_token(machine, "0" * 12)
    await office.activate_batch()
    proof = IdentityProof(PASSWORD, None, "token")
    with pytest.raises(TokenLimited):
        await accounts.create_own_token(machine, budgets, proof, "x", 1, longest_days=9)
    changed = lot_document("L1", shelf_life_days=9)
    with pytest.raises(AccountRequired):  # a second person would confirm what nobody proposed
        await lots.submit_lot(machine, changed, correction=CorrectionRequest("typing-error"))
    deciding = {one for one in Permission if one.endswith((".decide", ".confirm", ".manage"))}
    assert not TOKEN_PERMISSIONS & deciding
    assert Permission.ORDER_REQUEST not in TOKEN_PERMISSIONS


async def test_what_can_not_be_made_is_refused_before_the_password_is_asked(
    office: Office, budgets: SignInBudgets
) -> None:
    mai = await add_mai(office)
    wrong = IdentityProof("wrong", None, "session")

    async def refused(error: type[Exception], context: ServiceContext, **changes: object) -> None:
        asked: dict[str, object] = {"longest_days": 90, "scopes": SCOPES, **changes}
        with pytest.raises(error):
            await tokens.create_organisation_token(
                context,
                budgets,
                wrong,
                "x",
                30,
                **asked,  # type: ignore[arg-type]
            )

    await refused(InvalidInput, mai, scopes=())
    await refused(InvalidInput, mai, scopes=(Permission.ORDER_REQUEST,))  # hers, and a person's
    await refused(InvalidInput, mai, scopes=(Permission.PRINT_REPORT,))  # not hers
    await refused(TokenLifetime, mai, longest_days=7)
    await refused(Forbidden, office.context("inspector"))
    await refused(InvalidInput, office.context("authority"))  # of no organisation
    await refused(WrongCredentials, mai)
    await add_accounts(office.ledger, "tri", "hoa", role="administrator")
    await organisations.disable_organisation(office.context("operator"), "krong-pac", "left")
    with pytest.raises(WrongCredentials):  # nobody of it proves who they are
        await make(mai, budgets)
    with pytest.raises(OrganisationDisabled):
        await office.ledger.tokens.create_for_organisation(
            "krong-pac",
            role="packer",
            label="x",
            actor="mai",
            expires_at=office.now + 1,
            generation=(await office.ledger.staff.get("mai")).generation,
            scopes=frozenset(SCOPES),
        )


async def test_colleagues_and_administrators_see_and_revoke_it(
    office: Office, budgets: SignInBudgets
) -> None:
    mai = await add_mai(office)
    id_, text = await make(mai, budgets)
    await add_accounts(office.ledger, "tri", role="administrator")
    tri = ServiceContext(office.ledger, Actor("tri", "administrator"), lambda: office.now)
    colleague, foreign = office.context("packer2"), office.context("other-packer")
    for context, seen in ((mai, [id_]), (colleague, [id_]), (foreign, []), (tri, [id_])):
        page = await find_list_page(context, TOKENS, ListRequest())
        assert [row["id"] for row in page.rows] == seen, context.actor
    with pytest.raises(UnknownRow):
        await tokens.revoke_token(foreign, id_)
    revoked = await tokens.revoke_token(colleague, id_)
    assert revoked["state"] == "revoked"
    assert (await tokens.revoke_token(tri, id_))["revoked_at"] == revoked["revoked_at"]
    with pytest.raises(UnknownToken):
        await act(office, text)


async def test_a_token_of_a_disabled_organisation_is_refused(
    office: Office, budgets: SignInBudgets
) -> None:
    _, text = await make(await add_mai(office), budgets)
    await add_accounts(office.ledger, "tri", "hoa", role="administrator")
    await organisations.disable_organisation(office.context("operator"), "krong-pac", "left")
    with pytest.raises(UnknownToken):
        await act(office, text)


async def test_the_lists_filter_by_state_and_show_others_to_nobody(
    office: Office, budgets: SignInBudgets
) -> None:
    mai = await add_mai(office)
    _, text = await accounts.create_own_token(mai, budgets, PROOF, "ERP", 1, longest_days=9)
    account = await office.ledger.staff.get("mai")
    await office.ledger.staff_sessions.begin(
        "s1", "mai", account.generation, browser="Chrome", at=office.now
    )

    async def count(context: ServiceContext, what: object, state: str) -> int:
        request = ListRequest(filters={"state": (state,)})
        return len((await find_list_page(context, what, request)).rows)  # type: ignore[arg-type]

    assert (await count(mai, TOKENS, "valid"), await count(mai, SESSIONS, "open")) == (1, 1)
    assert await count(office.context("packer2"), TOKENS, "valid") == 0
    assert await count(office.context("packer2"), SESSIONS, "open") == 0
    assert await count(office.context("operator"), SESSIONS, "open") == 1
    office.now += 2 * 86_400_000
    assert (await count(mai, TOKENS, "expired"), await count(mai, SESSIONS, "ended")) == (1, 1)
    assert (await count(mai, TOKENS, "valid"), await count(mai, SESSIONS, "open")) == (0, 0)
    with pytest.raises(UnknownToken):
        await accounts.authenticate_token(office.ledger, text, at=office.now)


def test_what_a_machine_of_an_organisation_may_is_what_some_role_may() -> None:
    shared = {role for role, granted in GRANTS.items() if Permission.TOKEN_SHARE in granted}
    assert shared == {"print_house", "packer", "authority", "demo", *TRADE_KINDS}
