"""Invitations of actors: who invites, what is shown to whom, and what guessing costs."""

from dataclasses import replace
from urllib.parse import unquote

import pytest

from ledger import RegisteredCode
from ledger.errors import UnknownRow
from ledger.staff_errors import UnknownInvitation, WeakPassword
from services import Actor, ServiceContext
from services.errors import Forbidden, InvalidInput, InvitationLimited
from services.organisations import actor_invitations
from services.organisations.actor_invitations import (
    InvitationRequest,
    ShownInvitation,
    accept_actor_invitation,
    describe_message_link,
)
from services.sign_in import SignInBudgets
from tests.services.office import NOW, Office, new_key

pytestmark = pytest.mark.usefixtures("quick_passwords")

PASSWORD = "sầu riêng Ri6 chín cây"
REQUEST = InvitationRequest("grower", "Hộ ông Y Bih Niê", "0912 345 678")


@pytest.fixture
def budgets(office: Office) -> SignInBudgets:
    return SignInBudgets(lambda: office.now)


async def invite(context: ServiceContext, request: InvitationRequest = REQUEST) -> ShownInvitation:
    return await actor_invitations.make_invitation(context, request, new_key())


async def test_the_number_goes_back_to_who_invited_alone(office: Office) -> None:
    made = await invite(office.context("packer"))
    assert (made.phone, made.invitation.phone_end) == ("+84912345678", "678")
    again = await actor_invitations.get_invitation(office.context("packer2"), made.invitation.id)
    assert (again.code, again.phone) == (made.code, None)
    for who in ("other-packer", "authority"):
        with pytest.raises(UnknownRow):
            await actor_invitations.get_invitation(office.context(who), made.invitation.id)
    for who in ("press", "inspector", "issuer"):
        with pytest.raises(Forbidden):
            await invite(office.context(who))


async def test_who_accepts_acts_for_its_own_organisation(
    office: Office, budgets: SignInBudgets
) -> None:
    made = await invite(office.context("packer"))
    typed = (made.code or "").lower().replace("-", " ")
    accepted = await accept_actor_invitation(
        office.ledger, budgets, typed, "Y Bih Niê", PASSWORD, network="n"
    )
    actor = Actor.of_staff(accepted.staff)
    assert (actor.role, actor.organisation) == ("grower", accepted.organisation.id)
    assert actor.is_confirmed
    shown = await actor_invitations.get_invitation(office.context("packer"), made.invitation.id)
    assert (shown.code, shown.phone, shown.invitation.account) == (None, None, actor.id)


async def test_an_authority_gives_a_growing_area_and_its_own_province(
    office: Office, budgets: SignInBudgets
) -> None:
    area = RegisteredCode("VN-ĐLOR-0123", "growing_area", "Ea Kao")
    await office.ledger.registered_codes.change(
        [area.code], lambda _: (area,), action="add", actor="authority"
    )
    province = replace(
        office.context("authority"), actor=Actor("authority", "authority", province="66")
    )
    request = replace(REQUEST, code="vn đlor 0123", province="79")
    made = await invite(province, request)
    assert (made.invitation.province, made.invitation.code) == ("66", "VN-ĐLOR-0123")
    accepted = await accept_actor_invitation(
        office.ledger, budgets, made.code or "", "Y Bih Niê", PASSWORD, network="n"
    )
    owned = await office.ledger.registered_codes.get("VN-ĐLOR-0123")
    assert owned.organisation == accepted.organisation.id
    with pytest.raises(InvalidInput, match="authority"):
        await invite(office.context("packer"), request)
    with pytest.raises(UnknownRow):
        await invite(province, replace(REQUEST, code="VN-ĐLOR-9999"))


@pytest.mark.parametrize(
    "change", [{"phone": "12345"}, {"name": "\u200b"}, {"province": "00"}, {"name": "x" * 201}]
)
async def test_what_cannot_be_meant_is_refused(office: Office, change: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        await invite(office.context("packer"), replace(REQUEST, **change))  # type: ignore[arg-type]


async def test_ten_hostile_networks_guess_little_and_shut_nobody_out(
    office: Office, budgets: SignInBudgets
) -> None:
    made = await invite(office.context("packer"))
    guesses = 0
    for minute in range(30):
        office.now = NOW + minute * 60_000
        for network in map(str, range(10)):
            while True:
                try:
                    await accept_actor_invitation(
                        office.ledger,
                        budgets,
                        f"{guesses:012d}",
                        "x",
                        PASSWORD,
                        network=f"{network}",
                    )
                except UnknownInvitation:
                    guesses += 1
                except InvitationLimited:
                    break
    # Ten at once and one a minute each: of 2**60 codes, with two thousand of them open.
    assert guesses == 10 * (10 + 29)
    with pytest.raises(InvitationLimited):
        await accept_actor_invitation(
            office.ledger, budgets, made.code or "", "x", PASSWORD, network="0"
        )
    accepted = await accept_actor_invitation(
        office.ledger, budgets, made.code or "", "Y Bih Niê", PASSWORD, network="honest"
    )
    assert accepted.staff.id == "y.bih.nie"


async def test_a_malformed_code_and_a_weak_password_cost_no_attempt(
    office: Office, budgets: SignInBudgets
) -> None:
    made = await invite(office.context("packer"))
    for _ in range(20):
        with pytest.raises(InvalidInput):
            await accept_actor_invitation(
                office.ledger, budgets, "inv_x", "x", PASSWORD, network="n"
            )
        with pytest.raises(WeakPassword):
            await accept_actor_invitation(
                office.ledger, budgets, made.code or "", "x", "12345678", network="n"
            )


def test_the_link_of_a_message_has_number_and_text() -> None:
    link = describe_message_link("+84912345678", "Mở https://d.vn/join#7K3M")
    assert link.startswith("sms:+84912345678?&body=")
    assert "#" not in link
    assert unquote(link).endswith("Mở https://d.vn/join#7K3M")
