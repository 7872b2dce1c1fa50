"""Nothing that was typed is lost: refusals, ended sessions, the language switch, a ledger down.

Every form that a signed-in person sends ends in a redirect, so that going back and reloading repeat
nothing.
"""

import asyncio
import re
from html import unescape
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import func, select

from desk.forms.drafts import DraftOwner, DraftStore, FormDraft
from desk.pages import ROUTES
from ledger import Order, schema
from ledger.accounts.form_drafts import LONGEST_CONTENT
from ledger.storage.store import Store
from tests.desk.people import Page, Somebody, somebody
from tests.desk.running_desk import PASSWORD, SECRET, RunningDesk

NOTE = "Cho vụ Tết, giao trước 20/1"
ORDER = {
    "count": "1.5",
    "grade": "sealed",
    "product": "ri6",
    "note": NOTE,
    "print_house": "in-mekong",
}
HALF_HOUR = 31 * 60_000


async def _count_drafts(desk: RunningDesk) -> int:
    store = Store(desk.dependencies.settings.ledger)
    async with store.read() as connection:
        count = await connection.scalar(select(func.count()).select_from(schema.form_drafts))
    await store.close()
    return int(count or 0)


async def _send(person: Somebody, path: str, fields: dict[str, str]) -> aiohttp.ClientResponse:
    """Send a form and stay: the answer itself, not the page that it leads to."""
    response = await person.session.post(person.desk.url + path, data=fields, allow_redirects=False)
    await response.read()
    return response


def _find_flaws(page: Page) -> dict[str, str]:
    """What is said beside each field."""
    found = re.findall(r'<strong class="flaw" id="([\w-]+)-flaw">([^<]*)</strong>', page.html)
    return {field: unescape(text) for field, text in found}


async def test_a_form_shows_all_its_flaws_at_once_in_every_language(desk: RunningDesk) -> None:
    async with somebody(desk, "mai") as mai:
        page = await mai.get("/new-order")
        for count, said in (
            ("1.5", "Hãy ghi một số nguyên, chỉ gồm chữ số."),
            ("-3", "Hãy ghi một số nguyên, chỉ gồm chữ số."),
            ("abc", "Hãy ghi một số nguyên, chỉ gồm chữ số."),
            ("0", "Ít nhất là 1."),
            ("99.999.999.999", "Nhiều nhất là 1.000.000.000."),
            ("", "Hãy điền mục này."),
        ):
            wrong = {**ORDER, "count": count, "grade": "", "note": "x" * 1001}
            shown = await mai.submit(page, "/new-order", **wrong)
            assert _find_flaws(shown) == {
                "count": said,
                "grade": "Hãy chọn một mục trong danh sách.",
                "note": "Hãy rút ngắn còn nhiều nhất 1.000 ký tự.",
            }
            assert "Có 3 mục cần sửa. Chưa ghi nhận gì." in shown.text
            assert f'value="{count}"' in shown.html
            for field in ("count", "grade", "note"):
                assert f'href="#{field}"' in shown.html
                assert re.search(rf'id="{field}"[^>]*aria-invalid="true"', shown.html)
                assert re.search(rf'id="{field}"[^>]*aria-describedby="{field}-flaw', shown.html)
        english = await mai.get(f"{shown.path}&lang=en")
        assert _find_flaws(english)["count"] == "Fill in this field."
        chinese = await mai.get(f"{shown.path}&lang=zh")
        assert _find_flaws(chinese)["grade"] == "请从列表中选择一项。"
    assert await desk.ledger.orders.list() == []


async def test_a_hidden_character_is_removed_and_the_form_is_shown_again(
    desk: RunningDesk,
) -> None:
    async with somebody(desk, "mai") as mai:
        page = await mai.get("/new-order")
        pasted = {**ORDER, "count": "500", "note": "Cho vụ\x0b Tết\x02"}
        shown = await mai.submit(page, "/new-order", **pasted)
        assert "ký tự ấy đã được bỏ" in _find_flaws(shown)["note"]
        assert "Cho vụ Tết</textarea>" in shown.html
        assert await desk.ledger.orders.list() == []


async def test_a_refusal_of_a_use_case_is_said_beside_its_field(desk: RunningDesk) -> None:
    await desk.lot("L1")
    async with somebody(desk, "lan") as lan:
        page = await lan.get("/new-lot")
        taken = await lan.submit(page, "/new-lot", code="L1", product="ri6", kind="household")
        assert "đã có người dùng" in _find_flaws(taken)["code"]
    async with somebody(desk, "mai") as mai:
        page = await mai.get("/new-order")
        none = await mai.submit(page, "/new-order", **{**ORDER, "count": "0"})
        assert _find_flaws(none) == {"count": "Ít nhất là 1."}


ASKED_BY_SCRIPTS = ("/activate/acts", "/diary-queue/entries", "/photos")
"""No forms: they answer JSON."""


async def test_every_form_ends_in_a_redirect(desk: RunningDesk) -> None:
    """Whatever a signed-in person sends, the answer is a page's address, never a page."""
    number = await desk.activated()
    alert = await desk.alert(number, 3)
    await desk.ledger.orders.add(Order("o1", 5, "sealed", requested_by="cap"))
    values = {"batch": number, "alert": alert, "lot": "DL-2026-0912", "order": "o1", "form": "xyz"}
    people = {who: {} for who in ("mai", "in", "bo", "cap", "thanh", "tri")}
    for who in people:
        async with somebody(desk, who) as person:
            csrf = (await person.get("/account")).hidden("csrf")
            for route in ROUTES:
                if route.method != "POST" or route.is_open or route.is_script:
                    continue
                if route.path == "/sign-out":  # ends the session of this test
                    continue
                path = re.sub(r"\{(\w+)\}", lambda found: str(values.get(found[1], 1)), route.path)
                if route.path in ASKED_BY_SCRIPTS:
                    continue
                answer = await _send(person, path, {"csrf": csrf, "nonsense": "1"})
                if answer.status == 403:
                    assert route.permissions, path
                    continue
                assert answer.status == 303, path
                people[who][route.path] = answer.headers["Location"]
    assert people["mai"]["/new-order"].startswith("/new-order?draft=")
    assert people["mai"]["/activate/go"].startswith("/activate?draft=")
    assert people["bo"]["/orders/{order}/refuse"].startswith("/orders/o1?draft=")
    assert people["tri"]["/account/password"].startswith("/account?draft=")


async def test_a_form_of_a_session_that_ended_comes_back_after_sign_in(desk: RunningDesk) -> None:
    number = await desk.printed(1000)
    await desk.lot()
    roll = {"batch": str(number), "first": "0", "last": "499", "lot": "DL-2026-0912"}
    async with somebody(desk, "mai") as mai:
        page = await mai.get("/activate")
        desk.clock.now += HALF_HOUR
        asked = await mai.submit(page, "/activate/go", **{**roll, "key": "k1"})
        assert asked.path.startswith("/sign-in?next=/activate?draft%3D")
        assert "Chưa ghi nhận gì, chưa tem nào được kích hoạt" in asked.text
        assert 'value="mai"' in asked.html
        back = await mai.sign_in("mai", following=asked.hidden("next"))
        assert "Nội dung bạn nhập vẫn còn dưới đây" in back.text
        assert 'value="499"' in back.html
        balance = await desk.ledger.transitions.compute_balance(number)
        assert balance.activated == 0, "nothing is carried out without a new press"
        checked = await mai.submit(back, "/activate", **roll)
        done = await mai.submit(checked, "/activate/go", **roll)
        assert "Đã kích hoạt 500 tem" in done.text


async def test_a_kept_form_is_for_its_account_in_its_browser_for_a_day(desk: RunningDesk) -> None:
    async with (
        somebody(desk, "mai") as mai,
        somebody(desk, "lan") as lan,
        somebody(desk, "mai") as other_browser,
    ):
        page = await mai.get("/new-order")
        shown = await mai.submit(page, "/new-order", **ORDER)
        assert NOTE in shown.text
        for stranger in (lan, other_browser):
            seen = await stranger.get(shown.path)
            assert NOTE not in seen.text
            assert "không còn được giữ" in seen.text
        elsewhere = await mai.get(shown.path.replace("/new-order", "/new-lot"))
        assert NOTE not in elsewhere.text
        # On the same browser, another account that signs in sees nothing of it.
        desk.clock.now += HALF_HOUR
        asked = await mai.submit(page, "/new-order", **ORDER)
        after = await mai.sign_in("lan", following=asked.hidden("next"))
        assert after.path.startswith("/new-order?draft=")
        assert NOTE not in after.text
        again = await mai.sign_in("mai", following=asked.hidden("next"))
        assert NOTE in again.text
        desk.clock.now += 86_400_000
        await mai.sign_in("mai")
        assert NOTE not in (await mai.get(shown.path)).text


async def test_strangers_have_nothing_kept(desk: RunningDesk) -> None:
    async with somebody(desk) as stranger, somebody(desk, "mai") as mai:
        for cookie in ({}, {"desk": "forged"}, {"desk-browser": "forged"}):
            stranger.session.cookie_jar.update_cookies(cookie)
            page = await stranger.post("/new-order", ORDER)
            assert page.path == "/sign-in?next=/new-order"
        desk.clock.now += HALF_HOUR
        evil = await mai.post("/new-order", ORDER, Origin="https://evil.example")
        assert evil.status == 403
    assert await _count_drafts(desk) == 0


async def test_what_is_kept_is_encrypted_and_has_no_password(desk: RunningDesk) -> None:
    async with somebody(desk, "mai") as mai:
        page = await mai.get("/account")
        shown = await mai.submit(
            page, "/account/tokens", label="ERP kho 2", days="999", password=PASSWORD
        )
        assert 'value="ERP kho 2"' in shown.html
        assert PASSWORD not in shown.html
        assert "mật khẩu, mã một lần và tệp không được giữ lại" in shown.text
        await mai.submit(await mai.get("/new-order"), "/new-order", **ORDER)
    stored = b"".join(file.read_bytes() for file in desk.directory.glob("ledger.db*"))
    for text in (PASSWORD, "ERP kho 2", NOTE):
        assert text.encode() not in stored


async def test_what_is_too_long_is_left_out_and_the_rest_is_kept(desk: RunningDesk) -> None:
    drafts = DraftStore(desk.ledger, SECRET, desk.clock)
    owner = DraftOwner("mai", "b")
    fields = {"text": "x" * LONGEST_CONTENT, "note": NOTE}
    id_ = await drafts.keep(owner, FormDraft("/p", "/p", fields, "refused"))
    kept = await drafts.find(owner, id_, "/p")
    assert kept
    assert (kept.fields, kept.left_out) == ({"note": NOTE}, ("text",))
    other_desk = DraftStore(desk.ledger, b"t" * 32, desk.clock)
    assert await other_desk.find(owner, id_, "/p") is None


@pytest.mark.parametrize("path", ["/new-order", "/new-lot?like=DL-2026-0912"])
async def test_the_language_switch_keeps_page_query_and_form(desk: RunningDesk, path: str) -> None:
    await desk.lot()
    async with somebody(desk, "mai") as mai:
        page = await mai.get(path)
        found = re.search(r'formaction="([^"]*lang=en)"', page.html)
        assert found
        typed = {"csrf": page.hidden("csrf"), "count": "12 quả", "brand": "Ri6 Tiên Phước"}
        english = await mai.post(unescape(found[1]), typed)
        assert english.path.startswith(path)
        assert "lang=en&draft=" in english.path
        shown = "12 quả" if path == "/new-order" else "Ri6 Tiên Phước"
        assert f'value="{shown}"' in english.html
        assert "Language" in english.html
        assert _find_flaws(english) == {}, "nobody sent it yet"
        # Flaws that were shown are shown again, in the other language.
        wrong = await mai.submit(english, path, code="", **ORDER)
        flaws = _find_flaws(wrong)
        switch = re.search(r'formaction="([^"]*lang=zh)"', wrong.html)
        assert switch
        chinese = await mai.post(unescape(switch[1]), {**typed, "csrf": wrong.hidden("csrf")})
        assert _find_flaws(chinese).keys() == flaws.keys()
        assert flaws


async def test_a_message_is_said_once_on_the_page_that_it_is_for(desk: RunningDesk) -> None:
    order = Order("o1", 5, "sealed", "cap", product="ri6", packer="krong-pac")
    await desk.ledger.orders.add(order)
    async with somebody(desk, "bo") as bo, somebody(desk, "mai") as mai:
        page = await bo.get("/orders/o1")
        answer = await _send(bo, "/orders/o1/approve", {"csrf": page.hidden("csrf")})
        assert answer.headers["Location"] == "/orders"
        assert "Đã duyệt đơn." not in (await bo.get("/balance")).text
        assert "Đã duyệt đơn." in (await bo.get("/orders")).text
        assert "Đã duyệt đơn." not in (await bo.get("/orders")).text
        page = await mai.get("/account")
        made = await mai.submit(page, "/account/tokens", label="x", days="5", password=PASSWORD)
        assert made.text.count("vtm_") == 1
        assert "vtm_" not in (await mai.get("/account")).text


async def test_a_ledger_that_is_down_loses_no_form(desk: RunningDesk) -> None:
    async with somebody(desk, "mai") as mai:
        page = await mai.get("/new-order")
        fields = {**ORDER, "count": "500", "password": "x"}
        ledger, away = desk.directory / "ledger.db", desk.directory / "away.db"
        ledger.rename(away)
        down = await mai.submit(page, "/new-order", **fields)
        away.rename(ledger)
        assert down.status == 500
        assert "Nội dung bạn nhập vẫn còn ở trang này" in down.text
        assert NOTE in down.text
        assert 'name="password"' not in down.html
        names = ("csrf", "key", "count", "grade", "product", "print_house", "note")
        again = await mai.post("/new-order", {name: down.hidden(name) for name in names})
        assert "chờ duyệt" in again.text
        (order,) = await desk.ledger.orders.list()
        assert (order.count, order.note) == (500, NOTE)


async def test_a_part_of_a_page_never_becomes_a_sign_in_page(desk: RunningDesk) -> None:
    number = await desk.batch(100)
    async with somebody(desk, "in") as press:
        part = await press.get(f"/batches/{number}/bundles", **{"HX-Request": "true"})
        assert part.status == 200
        assert "<html" not in part.html
        desk.clock.now += HALF_HOUR
        ended = await press.get(f"/batches/{number}/bundles", **{"HX-Request": "true"})
        assert (ended.status, ended.html) == (204, "")


async def test_progress_asks_for_itself_until_it_is_done(desk: RunningDesk) -> None:
    number = await desk.batch(5000)
    async with somebody(desk, "in") as press:
        page = await press.get(f"/batches/{number}")
        await press.submit(page, f"/batches/{number}/bundles/csv")
        for _ in range(500):
            part = await press.get(f"/batches/{number}/bundles", **{"HX-Request": "true"})
            assert ("hx-trigger" in part.html) == ("<progress" in part.html)
            if "Bản kê có chữ ký" in part.text:
                break
            await asyncio.sleep(0.02)
        assert "Bản kê có chữ ký" in part.text
        assert "hx-trigger" not in part.html


def test_no_field_cuts_what_is_pasted() -> None:
    """A browser that cuts 12345 to 1234 changes a number in silence; the desk refuses it aloud."""
    folder = Path(__file__).parents[2] / "desk/pages/templates"
    for template in folder.glob("*.html"):
        for field in re.findall(r"{{ (?:text|area|f)\(.*?\) }}", template.read_text("utf-8")):
            assert "maxlength" not in field, template.name


async def test_no_page_reloads_itself(desk: RunningDesk) -> None:
    folder = Path(__file__).parents[2] / "desk/pages/templates"
    for template in folder.glob("*.html"):
        assert "http-equiv" not in template.read_text("utf-8"), template.name
