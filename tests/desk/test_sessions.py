"""Sessions that people see and end, and tokens that are limited to some permissions."""

import re

import pytest

from desk.auth.sessions import Sessions
from services.accounts import accounts
from tests.desk.people import Page, somebody
from tests.desk.running_desk import PASSWORD, RunningDesk

pytestmark = pytest.mark.usefixtures("quick_passwords")


def ends(page: Page) -> list[str]:
    return re.findall(r'action="(/account/sessions/[0-9a-f]{16}/end)"', page.html)


async def test_a_person_sees_and_ends_another_session_of_their_own(desk: RunningDesk) -> None:
    async with somebody(desk, "mai") as phone, somebody(desk, "mai") as office:
        page = await phone.get("/account")
        assert "nơi này" in page.text
        [end] = ends(page)
        done = await phone.submit(page, end)
        assert "Đã kết thúc phiên" in done.text
        assert ends(done) == []
        assert (await office.get("/account")).path.startswith("/sign-in")
        [entry] = await desk.ledger.audit.list_of_subject("staff:mai", limit=1)
        assert entry.action == "staff.session-end"


async def test_nobody_ends_the_session_of_somebody_else(desk: RunningDesk) -> None:
    async with somebody(desk, "mai") as one, somebody(desk, "mai"), somebody(desk, "lan") as other:
        [end] = ends(await one.get("/account"))
        page = await other.submit(await other.get("/account"), end)
        assert page.status == 404
        assert ends(await one.get("/account")) == [end]


async def test_sessions_that_are_idle_too_long_are_not_listed(desk: RunningDesk) -> None:
    async with somebody(desk, "mai"):
        desk.clock.now += 31 * 60_000
        async with somebody(desk, "mai") as again:
            assert ends(await again.get("/account")) == []


async def make_token(desk: RunningDesk, **fields: str) -> str:
    async with somebody(desk, "mai") as person:
        page = await person.get("/account")
        asked = {"label": "x", "days": "9", "password": PASSWORD, **fields}
        made = await person.submit(page, "/account/tokens", **asked)
        found = re.search(r"vtm_[0-9a-f]{12}_[A-Za-z0-9_-]{43}", made.text)
        assert found, made.text
        return found[0]


@pytest.mark.parametrize(
    ("fields", "may_see", "may_write"),
    [
        ({}, True, True),
        ({"access": "read"}, True, False),
        ({"access": "chosen", "scope.order.see": "yes"}, True, False),
        ({"access": "chosen", "scope.lot.put": "yes"}, False, False),
    ],
)
async def test_a_token_does_what_its_scopes_allow_and_no_more(
    desk: RunningDesk, fields: dict[str, str], may_see: bool, may_write: bool
) -> None:
    token = await make_token(desk, **fields)
    headers = {"Authorization": f"Bearer {token}"}
    seen = await desk.call(None, "GET", "/orders", **headers)
    assert (seen.status == 200) is may_see
    order = {"count": 10, "grade": "sealed", "product": "ri6", "packer": "krong-pac"}
    written = await desk.call(None, "POST", "/orders", order, key="k", **headers)
    assert (written.status == 201) is may_write, await written.text()
    own = await (await desk.call(None, "GET", "/me", **headers)).json()
    assert ("order.request" in own["permissions"]) is may_write


async def test_a_token_gets_no_permission_that_its_account_lacks(desk: RunningDesk) -> None:
    async with somebody(desk, "mai") as person:
        page = await person.get("/account")
        for fields in (
            {"access": "chosen", "scope.account.manage": "yes"},
            {"access": "chosen", "scope.no.such": "yes"},
            {"access": "chosen"},
        ):
            asked = {"label": "x", "days": "9", "password": PASSWORD, **fields}
            refused = await person.submit(page, "/account/tokens", **asked)
            assert refused.status in (400, 422), fields
        [only] = await desk.ledger.tokens.list_of_account("mai")  # that of the running desk
        assert only.label == "test"


async def test_the_last_use_of_a_token_is_noted_once_an_hour(desk: RunningDesk) -> None:
    token = await make_token(desk)
    used = []
    for passed in (0, 1000, 3_600_000):
        desk.clock.now += passed
        await accounts.authenticate_token(desk.ledger, token, at=desk.clock.now)
        listed = await desk.ledger.tokens.list_of_account("mai")
        used += [one.used_at for one in listed if one.label == "x"]
    first = desk.clock.now - 3_601_000
    assert used == [first, first, desk.clock.now]


def test_the_answer_of_a_slow_request_revives_no_session() -> None:
    """A session that ended while its last request was answered stays ended."""
    sessions = Sessions(b"s" * 32, idle_seconds=60, max_seconds=600)
    begun = sessions.begin("mai", 1, 0)
    assert sessions.renew(begun, 59_000) is not None
    assert sessions.renew(begun, 60_000) is None
