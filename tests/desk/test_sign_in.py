"""Sessions: sign-in, lifetime, and forms that belong to their session."""

from dataclasses import replace
from pathlib import Path

import pytest

from desk.auth.sessions import Sessions
from tests.desk.people import somebody
from tests.desk.running_desk import NOW, PASSWORD, SECRET, RunningDesk, running_desk

HOMES = {
    "mai": "/activate",
    "in": "/batches",
    "thanh": "/alerts",
    "bo": "/orders",
    "cap": "/orders",
}


@pytest.mark.parametrize(("who", "home"), HOMES.items())
async def test_each_role_has_its_own_home_page(desk: RunningDesk, who: str, home: str) -> None:
    async with somebody(desk) as person:
        page = await person.sign_in(who)
        assert (page.status, page.path) == (200, home)
        assert (await person.get("/")).path == home
        assert (await person.get("/sign-in")).path == home


async def test_sign_in_leads_back_to_the_requested_page(desk: RunningDesk) -> None:
    async with somebody(desk) as person:
        asked = await person.get("/batches?x=1")
        assert asked.path.startswith("/sign-in?next=")
        back = await person.sign_in("in", following=asked.hidden("next"))
        assert back.path == "/batches?x=1"


@pytest.mark.parametrize(
    "trap",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:1", "/sign-in"],
)
async def test_signing_in_leads_to_no_other_site(desk: RunningDesk, trap: str) -> None:
    async with somebody(desk) as person:
        assert (await person.sign_in("in", following=trap)).path == "/batches"


async def test_wrong_credentials_are_refused_and_then_lock_the_account(desk: RunningDesk) -> None:
    async with somebody(desk) as person:
        for _ in range(5):
            page = await person.sign_in("mai", "not the password")
            assert page.status == 401
            assert "không đúng" in page.text
        locked = await person.sign_in("mai")
        assert locked.status == 429
        assert "tạm khóa" in locked.text
        nobody = await person.sign_in("nobody", "not the password")
        assert nobody.status == 401
        desk.clock.now += 60_000
        assert (await person.sign_in("mai")).path == "/activate"


async def test_the_cookie_is_hidden_from_scripts_and_other_sites(
    desk: RunningDesk, tmp_path: Path
) -> None:
    async with somebody(desk) as person:
        fields = {"name": "mai", "password": PASSWORD}
        url = f"{desk.url}/sign-in"
        async with person.session.post(url, data=fields, allow_redirects=False) as answer:
            cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("desk=")
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= {p.strip() for p in cookie.split(";")}
    (tmp_path / "secure").mkdir()
    async with running_desk(tmp_path / "secure", public_url="https://desk.example") as secure:
        url = f"{secure.url}/sign-in"
        async with secure.session.post(url, data=fields, allow_redirects=False) as answer:
            cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-desk=")
    assert "Secure" in cookie


async def test_a_session_ends_when_idle_and_after_a_working_day(desk: RunningDesk) -> None:
    async with somebody(desk, "mai") as person:
        desk.clock.now += 29 * 60_000
        assert (await person.get("/lots")).path == "/lots"
        desk.clock.now += 29 * 60_000
        assert (await person.get("/lots")).path == "/lots"
        desk.clock.now += 30 * 60_000
        assert (await person.get("/lots")).path.startswith("/sign-in")
    async with somebody(desk, "mai") as person:
        for _ in range(28):
            desk.clock.now += 25 * 60_000
            assert (await person.get("/lots")).path == "/lots"
        desk.clock.now += 25 * 60_000
        assert (await person.get("/lots")).path.startswith("/sign-in")


async def test_signing_out_ends_every_session_of_the_account(desk: RunningDesk) -> None:
    async with somebody(desk, "mai") as phone, somebody(desk, "mai") as desk:
        page = await phone.get("/account")
        assert (await phone.submit(page, "/sign-out")).path == "/sign-in"
        assert (await desk.get("/lots")).path.startswith("/sign-in")


async def test_disabling_an_account_ends_its_session_at_once(desk: RunningDesk) -> None:
    async with somebody(desk, "mai") as person:
        await desk.ledger.staff.disable("mai", actor="root")
        assert (await person.get("/lots")).path.startswith("/sign-in")


async def test_a_form_of_another_session_or_site_is_refused(desk: RunningDesk) -> None:
    await desk.fetch("cap", "POST", "/orders", {"id": "o1", "count": 5, "grade": "sealed"})
    async with somebody(desk, "bo") as person, somebody(desk, "bo") as other:
        page = await other.get("/orders/o1")
        assert (await person.post("/orders/o1/approve")).status == 403
        stolen = await person.submit(page, "/orders/o1/approve")
        assert stolen.status == 403
        own = {"csrf": (await person.get("/orders/o1")).hidden("csrf")}
        for headers in (
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
        ):
            assert (await person.post("/orders/o1/approve", own, **headers)).status == 403
        assert (await desk.ledger.orders.get("o1")).state == "requested"
        done = await person.post("/orders/o1/approve", own, **{"Sec-Fetch-Site": "same-origin"})
        assert done.status == 200
        assert (await desk.ledger.orders.get("o1")).state == "approved"


async def test_a_token_opens_no_page_and_a_session_no_api(desk: RunningDesk) -> None:
    async with somebody(desk, "mai") as person:
        assert (await person.get("/api/v1/lots")).status == 401
    async with somebody(desk) as machine:
        token = {"Authorization": f"Bearer {desk.tokens['mai']}"}
        assert (await machine.get("/lots", **token)).path.startswith("/sign-in")


def test_an_altered_cookie_is_refused() -> None:
    made = Sessions(SECRET, 1800, 43200)
    session = made.begin("mai", 0, NOW)
    value = made.encode_cookie(session)
    assert made.decode_cookie(value, NOW) == session
    foreign = made.encode_cookie(made.begin("bo", 0, NOW))
    swapped = foreign.rpartition(".")[0] + "." + value.rpartition(".")[2]
    for wrong in ("", "x", value[:-1], "x" + value, swapped, value.upper()):
        assert made.decode_cookie(wrong, NOW) is None
    assert Sessions(b"t" * 32, 1800, 43200).decode_cookie(value, NOW) is None
    assert not made.is_form_token(replace(session, nonce="x"), made.form_token(session))


async def test_people_change_their_password_and_create_tokens(desk: RunningDesk) -> None:
    async with somebody(desk, "mai") as person, somebody(desk, "mai") as other:
        page = await person.get("/account")
        wrong = await person.submit(page, "/account/password", old="x", new="măng cụt mùa hè")
        assert wrong.status == 401
        weak = await person.submit(page, "/account/password", old=PASSWORD, new="short")
        assert weak.status == 422
        page = await person.submit(page, "/account/password", old=PASSWORD, new="măng cụt mùa hè")
        assert page.path == "/account"
        assert (await other.get("/lots")).path.startswith("/sign-in")
        made = await person.submit(page, "/account/tokens", label="ERP", days="30")
        token = next(word for word in made.text.split() if word.startswith("vtm_"))
        assert (await desk.ledger.staff.get_by_token(token)).id == "mai"
        assert token not in (await person.get("/account")).html
        for days, status in (("0", 422), ("9999", 422), ("x", 400), ("", 400)):
            refused = await person.submit(page, "/account/tokens", days=days)
            assert refused.status == status, days
        kept = token.split("_")[1]
        await person.submit(page, f"/account/tokens/{kept}/revoke")
        answer = await desk.call(None, "GET", "/me", Authorization=f"Bearer {token}")
        assert answer.status == 401
        foreign = desk.tokens["bo"].split("_")[1]
        assert (await person.submit(page, f"/account/tokens/{foreign}/revoke")).status == 401
        assert (await desk.call("bo", "GET", "/me")).status == 200
