"""Sessions: sign-in, lifetime, and forms that belong to their session."""

import re
import unicodedata
from dataclasses import replace
from html import unescape
from pathlib import Path

import pyotp
import pytest

from desk.auth.sessions import Sessions
from tests.desk.people import somebody
from tests.desk.running_desk import NOW, PASSWORD, SECRET, RunningDesk, running_desk

pytestmark = pytest.mark.usefixtures("quick_passwords")


async def test_signing_in_leads_home(desk: RunningDesk) -> None:
    async with somebody(desk) as person:
        page = await person.sign_in("mai")
        assert (page.status, page.path) == (200, "/")
        assert "Việc đang chờ" in page.text
        assert (await person.get("/sign-in")).path == "/"


async def test_sign_in_leads_back_to_the_requested_page(desk: RunningDesk) -> None:
    async with somebody(desk) as person:
        asked = await person.get("/batches?x=1")
        assert asked.path.startswith("/sign-in?next=")
        back = await person.sign_in("in", following=asked.hidden("next"))
        assert back.path == "/batches?x=1"


@pytest.mark.parametrize(
    "trap",
    [
        *("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:1", "/sign-in"),
        *("/\t/evil.example", "/\n/evil.example", "\t//evil.example", "/\t\\evil.example"),
        *("/lots\r\nSet-Cookie: desk=x", "/lô-hàng", "/" + "x" * 3000),
    ],
)
async def test_signing_in_leads_to_no_other_site(desk: RunningDesk, trap: str) -> None:
    async with somebody(desk) as person:
        assert (await person.sign_in("in", following=trap)).path == "/"


async def test_an_address_with_a_tab_asks_for_sign_in_and_stays_on_the_desk(
    desk: RunningDesk,
) -> None:
    async with somebody(desk) as person:
        page = await person.get("/sign-in?next=/%09/evil.example")
        assert (await person.sign_in("in", following=page.hidden("next"))).path == "/"


async def test_a_refused_sign_in_keeps_name_and_destination(desk: RunningDesk) -> None:
    async with somebody(desk) as person:
        page = await person.sign_in("mai", "not the password", following="/lots?x=1")
        assert page.status == 401
        assert "không đúng" in page.text
        assert page.hidden("next") == "/lots?x=1"
        assert 'value="mai"' in page.html
        english = re.search(r'formaction="(/sign-in/language\?[^"]*lang=en)"', page.html)
        assert english
        typed = {"name": "mai", "next": "/lots?x=1", "password": PASSWORD}
        switched = await person.post(unescape(english[1]), typed)
        assert "Account name" in switched.text
        assert 'value="mai"' in switched.html
        assert switched.hidden("next") == "/lots?x=1"
        assert PASSWORD not in switched.path


LIMITED = {
    "vi": ("quá nhiều lần đăng nhập sai", "Hãy thử lại sau 6 phút"),
    "en": ("Too many failed sign-ins", "Try again in 6 minutes"),
    "zh": ("失败登录次数过多", "请在 6 分钟后重试"),
}


async def test_strangers_are_limited_and_a_known_browser_gets_through(desk: RunningDesk) -> None:
    async with somebody(desk, "mai") as phone, somebody(desk) as stranger:
        for _ in range(10):
            assert (await stranger.sign_in("mai", "not the password")).status == 401
        for language, said in LIMITED.items():
            await stranger.get(f"/sign-in?lang={language}")
            page = await stranger.sign_in("mai")
            assert page.status == 429
            assert int(page.headers["Retry-After"]) == 360
            assert 'value="mai"' in page.html
            assert all(words in page.text for words in said), page.text
        await phone.submit(await phone.get("/account"), "/sign-out")
        assert (await phone.sign_in("mai")).path == "/"
        assert (await phone.sign_in("thanh")).path == "/"  # known for mai only, but let in
        desk.clock.now += 360_000
        assert (await stranger.sign_in("mai")).path == "/"


async def test_unknown_names_get_the_same_pages(desk: RunningDesk) -> None:
    pages = {}
    for name in ("thanh", "nobody"):
        async with somebody(desk) as stranger:
            answers = [await stranger.sign_in(name, "not the password") for _ in range(11)]
            pages[name] = [
                (
                    page.status,
                    page.html.replace(f'value="{name}"', "NAME"),
                    page.headers.get("Retry-After"),
                )
                for page in answers
            ]
    assert pages["thanh"] == pages["nobody"]


async def test_a_name_is_one_account_however_it_is_typed(desk: RunningDesk) -> None:
    for typed in ("Mai", " mai ", "MAI"):
        async with somebody(desk) as person:
            page = await person.sign_in(typed, unicodedata.normalize("NFD", f" {PASSWORD} "))
            assert page.path == "/"


async def test_the_cookie_of_a_browser_signs_nobody_in(desk: RunningDesk) -> None:
    async with somebody(desk, "mai") as person:
        await person.submit(await person.get("/account"), "/sign-out")
        (browser,) = (c for c in person.session.cookie_jar if c.key == "desk-browser")
        assert (browser["samesite"], browser["httponly"]) == ("Strict", True)
        assert int(browser["max-age"]) > 365 * 86_400
        assert (await person.get("/lots")).path.startswith("/sign-in")
        # As a session's cookie it is nothing.
        other = {"Cookie": f"desk={browser.value}"}
        assert (await person.get("/lots", **other)).path.startswith("/sign-in")


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
    async with somebody(desk, "mai") as phone, somebody(desk, "mai") as laptop:
        page = await phone.get("/account")
        assert (await phone.submit(page, "/sign-out")).path == "/sign-in"
        assert (await laptop.get("/lots")).path.startswith("/sign-in")


async def test_disabling_an_account_ends_its_session_at_once(desk: RunningDesk) -> None:
    async with somebody(desk, "mai") as person:
        await desk.ledger.staff.disable("mai", actor="root")
        assert (await person.get("/lots")).path.startswith("/sign-in")


async def test_a_form_of_another_session_or_site_is_refused(desk: RunningDesk) -> None:
    await desk.fetch(
        "cap",
        "POST",
        "/orders",
        {
            "id": "o1",
            "count": 5,
            "grade": "sealed",
            "product": "ri6",
            "packer": "krong-pac",
        },
    )
    async with somebody(desk, "bo") as person, somebody(desk, "bo") as other:
        page = await other.get("/orders/o1")
        for foreign in (
            await person.post("/orders/o1/approve"),
            await person.submit(page, "/orders/o1/approve"),
        ):
            assert foreign.path.startswith("/orders/o1?draft="), "the form is shown, not obeyed"
            assert "Chưa ghi nhận gì" in foreign.text
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


async def test_a_new_password_ends_other_sessions_and_all_tokens(desk: RunningDesk) -> None:
    async with somebody(desk, "mai") as person, somebody(desk, "mai") as other:
        page = await person.get("/account")
        assert "thu hồi mọi khóa truy cập" in page.text
        wrong = await person.submit(page, "/account/password", old="x", new="măng cụt mùa hè")
        assert wrong.status == 401
        for weak in ("short", "Matkhau@123", "Veritem@2026"):
            refused = await person.submit(page, "/account/password", old=PASSWORD, new=weak)
            assert refused.status == 422
        assert (await other.get("/lots")).path == "/lots"
        page = await person.submit(page, "/account/password", old=PASSWORD, new="măng cụt mùa hè")
        assert page.path == "/account"
        assert "Các phiên khác đã kết thúc" in page.text
        assert (await other.get("/lots")).path.startswith("/sign-in")
        assert (await desk.call("mai", "GET", "/me")).status == 401
        assert (await desk.call("bo", "GET", "/me")).status == 200


async def test_a_token_needs_the_password_and_has_a_bounded_life(desk: RunningDesk) -> None:
    proof = {"password": PASSWORD}
    async with somebody(desk, "mai") as person:
        page = await person.get("/account")
        for refused, status in (({}, 400), ({"password": "not the password"}, 401)):
            answer = await person.submit(
                page, "/account/tokens", label="ERP kho 2", days="45", **refused
            )
            assert answer.status == status
            assert 'value="ERP kho 2"' in answer.html
            assert 'value="45"' in answer.html
        made = await person.submit(page, "/account/tokens", label="ERP", days="30", **proof)
        token = next(word for word in made.text.split() if word.startswith("vtm_"))
        assert (await desk.ledger.tokens.get_account(token)).id == "mai"
        assert token not in (await person.get("/account")).html
        for days, status in (("0", 400), ("91", 422), ("365", 422), ("x", 400), ("", 400)):
            asked = {"label": "ERP", "days": days, **proof}
            answer = await person.submit(page, "/account/tokens", **asked)
            assert answer.status == status, days
        kept = token.split("_")[1]
        await person.submit(page, f"/account/tokens/{kept}/revoke")
        answer = await desk.call(None, "GET", "/me", Authorization=f"Bearer {token}")
        assert answer.status == 401
        foreign = desk.tokens["bo"].split("_")[1]
        assert (await person.submit(page, f"/account/tokens/{foreign}/revoke")).status == 404
        assert (await desk.call("bo", "GET", "/me")).status == 200


async def test_one_time_codes_are_asked_for_where_they_are_enabled(desk: RunningDesk) -> None:
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    await desk.ledger.staff.add(
        "tam", name="Tâm", role="packer", password=PASSWORD, organisation="krong-pac",
        otp_secret=secret, confirmed_by="test",
    )  # fmt: skip

    def code() -> str:
        digits = pyotp.TOTP(secret).at(desk.clock.now // 1000)
        return f"{digits[:3]} {digits[3:]}"

    async with somebody(desk) as person, somebody(desk, "mai") as mai:
        fields = {"name": "tam", "password": PASSWORD, "otp": code()}
        assert (await person.post("/sign-in", fields)).path == "/"
        page = await person.get("/account")
        assert 'name="otp"' in page.html
        assert 'name="otp"' not in (await mai.get("/account")).html
        token = {"label": "ERP", "days": "30", "password": PASSWORD}
        used = await person.submit(page, "/account/tokens", otp=code(), **token)
        assert used.status == 401
        assert (await person.submit(page, "/account/tokens", **token)).status == 401
        desk.clock.now += 30_000
        made = await person.submit(page, "/account/tokens", otp=code(), **token)
        assert "vtm_" in made.text
        desk.clock.now += 30_000
        change = {"old": PASSWORD, "new": "măng cụt mùa hè"}
        assert (await person.submit(page, "/account/password", **change)).status == 401
        done = await person.submit(page, "/account/password", otp=code(), **change)
        assert done.path == "/account"


async def test_behind_a_proxy_each_client_has_the_budget_of_its_own_network(tmp_path: Path) -> None:
    proxied = running_desk(tmp_path, trusted_proxies=("127.0.0.1",))
    async with proxied as desk, somebody(desk) as stranger:
        fields = {"name": "nobody", "password": "not the password"}
        flood = {"X-Forwarded-For": "10.1.1.1, 203.0.113.9"}
        answers = [(await stranger.post("/sign-in", fields, **flood)).status for _ in range(11)]
        assert answers == [401] * 10 + [429]
        fields = {"name": "mai", "password": PASSWORD}
        for n in range(25):
            await stranger.post("/sign-in", {**fields, "name": f"name{n}"}, **flood)
        assert (await stranger.post("/sign-in", fields, **flood)).status == 429
        other = {"X-Forwarded-For": "203.0.113.9, 198.51.100.7"}
        assert (await stranger.post("/sign-in", fields, **other)).path == "/"
