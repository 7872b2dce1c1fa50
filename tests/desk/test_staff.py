"""Staff at the desk: invite, accept, confirm, disable; what others may not do."""

import re

import pytest

from ledger import ProposalState
from services.accounts import invitations
from stamps.vietnam_time import DAY_MS
from tests.accounts import add_accounts
from tests.desk.people import Page, Somebody, somebody
from tests.desk.running_desk import PASSWORD, RunningDesk
from tests.desk.test_one_time_codes import turn_on

pytestmark = pytest.mark.usefixtures("quick_passwords")

NEW_PASSWORD = PASSWORD
INVITED = {"name": "Hoa", "account": "hoa", "role": "packer", "organisation": "krong-pac"}


def link_of(page: Page) -> str:
    found = re.search(r"/invitation#(inv_[0-9a-f]{12}_[A-Za-z0-9_-]{43})", page.html)
    assert found, page.text
    return found[1]


async def invite(person: Somebody, **fields: str) -> str:
    page = await person.get("/new-staff")
    return link_of(await person.submit(page, "/new-staff", **{**INVITED, **fields}))


async def accept(person: Somebody, link: str) -> Page:
    return await person.post("/invitation", {"invitation": link, "password": NEW_PASSWORD})


async def open_proposal(desk: RunningDesk) -> int:
    found = await desk.ledger.proposals.get_open("role.grant", "account:hoa")
    assert found is not None
    return found.id


async def test_an_invited_person_works_once_another_administrator_confirms(
    desk: RunningDesk,
) -> None:
    await add_accounts(desk.ledger, "minh", role="administrator")
    async with (
        somebody(desk, "tri") as tri,
        somebody(desk, "minh") as minh,
        somebody(desk) as hoa,
    ):
        link = await invite(tri)
        assert link not in (await tri.get("/staff/hoa")).html  # shown once
        number = await open_proposal(desk)
        early = await minh.submit(
            await minh.get(f"/proposals/{number}"), f"/proposals/{number}/approve"
        )
        assert "chưa đặt mật khẩu" in early.text
        assert (await accept(hoa, link)).path == "/account/one-time-codes"
        await turn_on(desk, hoa)
        assert (await hoa.get("/lots")).status == 403
        own = await tri.submit(
            await tri.get(f"/proposals/{number}"), f"/proposals/{number}/withdraw"
        )
        assert own.status == 200
        page = await tri.get("/staff/hoa")
        proposed = await tri.submit(
            page, "/staff/hoa/role", role="packer", organisation="krong-pac"
        )
        number = int(proposed.path.rpartition("/")[2])
        refused = await tri.submit(page, f"/proposals/{number}/approve")
        assert refused.status == 403
        await minh.submit(await minh.get(f"/proposals/{number}"), f"/proposals/{number}/approve")
        staff = await desk.ledger.staff.get("hoa")
        assert (staff.is_confirmed, staff.has_otp, staff.organisation) == (True, True, "krong-pac")
        decided = await desk.ledger.proposals.get(number)
        assert decided.state is ProposalState.APPROVED


async def test_a_link_works_once_and_only_the_newest(desk: RunningDesk) -> None:
    async with somebody(desk, "tri") as tri, somebody(desk) as hoa, somebody(desk) as thief:
        old = await invite(tri)
        page = await tri.get("/staff/hoa")
        link = link_of(await tri.submit(page, "/staff/hoa/invitation"))
        assert (await accept(thief, old)).status == 404
        assert (await accept(hoa, link)).status == 200
        assert (await accept(thief, link)).status == 404
        again = await tri.submit(page, "/staff/hoa/invitation")
        assert again.status == 409


async def test_a_link_ends_after_a_week_and_with_its_account(desk: RunningDesk) -> None:
    async with somebody(desk, "tri") as tri, somebody(desk) as hoa:
        link = await invite(tri)
        desk.clock.now += invitations.LIFETIME_DAYS * DAY_MS
        assert (await accept(hoa, link)).status == 404
    async with somebody(desk, "tri") as tri, somebody(desk) as hoa:
        page = await tri.get("/staff/hoa")
        link = link_of(await tri.submit(page, "/staff/hoa/invitation"))
        await tri.submit(page, "/staff/hoa/disable")
        assert (await accept(hoa, link)).status == 404


async def test_guessing_links_is_bounded_and_every_refusal_is_alike(desk: RunningDesk) -> None:
    async with somebody(desk, "tri") as tri, somebody(desk) as thief:
        link = await invite(tri)
        assert (await thief.sign_in("hoa", "")).status in (400, 401)
        guesses = [link[:-1] + ("A" if link[-1] != "A" else "B"), "inv_x", "x" * 60]
        texts = set()
        for number in range(29):
            refused = await accept(thief, guesses[number % 3])
            texts.add(refused.html.replace(guesses[number % 3], ""))
            assert refused.status == 404
        assert len(texts) == 1
        assert (await accept(thief, link)).status in (200, 429)
        assert (await accept(thief, "inv_x")).status == 429


async def test_a_weak_password_leaves_the_link_usable(desk: RunningDesk) -> None:
    async with somebody(desk, "tri") as tri, somebody(desk) as hoa:
        link = await invite(tri)
        weak = await hoa.post("/invitation", {"invitation": link, "password": "123"})
        assert weak.status == 422
        assert (await accept(hoa, link)).status == 200


async def test_disabling_ends_sessions_and_tokens_at_once(desk: RunningDesk) -> None:
    async with somebody(desk, "tri") as tri, somebody(desk, "mai") as mai:
        page = await tri.get("/staff/mai")
        assert "Nơi đang đăng nhập" in page.text
        done = await tri.submit(page, "/staff/mai/disable")
        assert "đã khóa" in done.text
        assert (await mai.get("/lots")).path.startswith("/sign-in")
        assert (await desk.call("mai", "GET", "/me")).status == 401


async def test_an_administrator_ends_a_session_and_revokes_a_token(desk: RunningDesk) -> None:
    async with somebody(desk, "tri") as tri, somebody(desk, "mai") as mai:
        page = await tri.get("/staff/mai")
        for path in re.findall(
            r'action="(/staff/mai/(?:sessions/\w{16}/end|tokens/\w+/revoke))"', page.html
        ):
            await tri.submit(page, path)
        assert (await mai.get("/lots")).path.startswith("/sign-in")
        assert (await desk.call("mai", "GET", "/me")).status == 401


async def test_a_person_with_codes_chooses_a_password_by_the_link_and_signs_in_with_a_code(
    desk: RunningDesk,
) -> None:
    async with (
        somebody(desk, "tri") as tri,
        somebody(desk, "mai") as mai,
        somebody(desk) as again,
    ):
        await turn_on(desk, mai)
        page = await tri.get("/staff/mai")
        link = link_of(await tri.submit(page, "/staff/mai/password"))
        assert (await mai.get("/lots")).path.startswith("/sign-in")
        assert "chờ đặt mật khẩu" in (await tri.get("/staff/mai")).text
        chosen = await accept(again, link)
        assert chosen.path == "/sign-in?name=mai&chosen=1"
        assert "Hãy đăng nhập bằng mật khẩu mới" in chosen.text
        assert (await again.sign_in("mai")).status == 401  # the code is missing
        own = await tri.submit(page, "/staff/tri/password")
        assert own.status >= 400


async def test_the_last_administrator_stays(desk: RunningDesk) -> None:
    async with somebody(desk, "tri") as tri:
        refused = await tri.submit(await tri.get("/staff/tri"), "/staff/tri/disable")
        assert "người quản trị cuối cùng" in refused.text
        assert not (await desk.ledger.staff.get("tri")).disabled


async def test_nobody_else_sees_or_manages_staff(desk: RunningDesk) -> None:
    for who in ("mai", "thanh", "bo"):
        async with somebody(desk, who) as person:
            assert (await person.get("/staff")).status == 403
            page = await person.get("/account")
            for path in ("/new-staff", "/staff/tri/disable", "/staff/tri/sessions/end"):
                assert (await person.submit(page, path, **INVITED)).status in (403, 404)


def listed(page: Page) -> list[str]:
    """The accounts that a page lists, in its order."""
    return re.findall(r'<th scope="row"><a href="/staff/([^"]+)"', page.html)


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("q=nguyen+mai", ["mai"]),
        ("q=lan", ["lan"]),
        ("q=krong+pac", ["mai"]),
        ("role=packer&organisation=tan-phuoc", ["lan"]),
        ("role=packer&role=authority", ["mai", "bo", "lan"]),
        ("role=packer&sort=-name", ["lan", "mai"]),
        ("state=disabled", ["thanh"]),
        ("state=invited", []),
        ("state=active&role=inspector", []),
    ],
)
async def test_people_are_found_by_name_role_state_and_organisation(
    desk: RunningDesk, query: str, wanted: list[str]
) -> None:
    await desk.ledger.staff.disable("thanh", actor="tri")
    async with somebody(desk, "tri") as tri:
        assert listed(await tri.get(f"/staff?{query}")) == wanted
    if query.count("role") < 2:
        answer = await desk.fetch("tri", "GET", f"/staff?{query}")
        assert [account["id"] for account in answer["staff"]] == wanted


async def test_a_list_of_people_is_exported_without_secrets(desk: RunningDesk) -> None:
    async with somebody(desk, "tri") as tri:
        assert (await tri.get("/staff?role=x")).status == 400
        page = await tri.get("/export/staff/csv?role=packer")
        assert page.html.splitlines()[1].startswith("Nguyễn Thị Mai,mai,")
        assert "argon2" not in page.html
