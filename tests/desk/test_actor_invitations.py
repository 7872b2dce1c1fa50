"""Invitations at the desk: from the form over the sheet to an account, on the phone and by API."""

import io
import re

import pypdfium2
import pytest
import zxingcpp

from tests.desk.people import Somebody, somebody
from tests.desk.running_desk import PASSWORD, RunningDesk, new_key

pytestmark = pytest.mark.usefixtures("quick_passwords")

NEW = "mật khẩu của vườn nhà 2026"


async def invite(person: Somebody, **fields: str) -> tuple[str, str]:
    """The path of an invitation that somebody makes, and its code."""
    page = await person.get("/new-actor-invitation")
    typed = {"kind": "grower", "name": "Hộ ông Y Hoa Mlô", "phone": "0912345678", **fields}
    made = await person.submit(page, "/new-actor-invitation", **typed)
    found = re.search(r'<p class="token" translate="no">([\w-]+)</p>', made.html)
    assert found, made.text
    return made.path, found[1]


async def test_an_invitation_on_paper_becomes_an_account(desk: RunningDesk) -> None:
    async with somebody(desk, "mai") as mai, somebody(desk) as invited:
        path, code = await invite(mai)
        shown = await mai.get(path)
        assert "••• ••• 678" in shown.text
        assert "912345" not in shown.text
        assert "sms:+84912345678?&amp;body=" in shown.html
        async with mai.session.get(f"{desk.url}{path}/sheet") as answer:
            assert (answer.status, answer.content_type) == (200, "application/pdf")
            sheet = await answer.read()
        assert read_symbols(sheet) == [f"{desk.dependencies.settings.public_url}/join#{code}"]

        page = await invited.get("/join")
        refused = await invited.submit(
            page, "/join", code=code, name="Y Hoa Mlô", password="12345678"
        )
        assert ("Y Hoa Mlô" in refused.html, code in refused.html) == (True, True)
        assert "12345678" not in refused.html
        wrong = await invited.submit(
            page, "/join", code="0000-0000-0000", name="Y Hoa Mlô", password=NEW
        )
        assert (wrong.status, "đã dùng hoặc đã hết hạn" in wrong.text) == (404, True)
        joined = await invited.submit(page, "/join", code=code, name="Y Hoa Mlô", password=NEW)
        assert (joined.path, "y.hoa.mlo" in joined.text) == ("/joined", True)
        assert (await invited.get("/lots")).status == 200
        assert (await invited.get("/staff")).status == 403
        assert "y.hoa.mlo" in (await mai.get(path)).text
        listed = await mai.get("/actor-invitations")
        assert ("Hộ ông Y Hoa Mlô" in listed.text, "đã nhận" in listed.text) == (True, True)
    async with somebody(desk) as again:
        page = await again.get("/join")
        refused = await again.submit(page, "/join", code=code, name="x", password=NEW)
        assert refused.status == 404


async def test_a_refused_form_keeps_what_was_typed(desk: RunningDesk) -> None:
    async with somebody(desk, "mai") as mai:
        page = await mai.get("/new-actor-invitation")
        refused = await mai.submit(
            page, "/new-actor-invitation", kind="carrier", name="Vận tải An", phone="12"
        )
        assert "Hãy ghi số điện thoại" in refused.text
        assert ("Vận tải An" in refused.html, 'value="12"' in refused.html) == (True, True)
        assert '<option value="carrier" selected' in refused.html


async def test_withdrawn_invitations_show_nothing_personal(desk: RunningDesk) -> None:
    async with somebody(desk, "mai") as mai, somebody(desk, "lan") as lan:
        path, code = await invite(mai)
        assert (await lan.get(path)).status == 404
        page = await mai.submit(await mai.get(path), f"{path}/withdraw")
        for gone in (code, "Y Hoa", "678"):
            assert gone not in page.text.replace(path, "")
        assert (await mai.get(f"{path}/sheet")).status == 404
        assert "Y Hoa" not in (await mai.get("/actor-invitations")).text


async def test_machines_invite_and_never_see_a_phone_number(desk: RunningDesk) -> None:
    body = {"kind": "laboratory", "name": "Phòng kiểm nghiệm A", "phone": "0912345678"}
    key = new_key()
    made = await desk.fetch("mai", "POST", "/actor-invitations", body, key=key)
    assert await desk.fetch("mai", "POST", "/actor-invitations", body, key=key) == made
    assert re.fullmatch(r"\w{4}-\w{4}-\w{4}", made["code"])
    assert made["link"].endswith(f"/join#{made['code']}")
    one = f"/actor-invitations/{made['id']}"
    listed = await desk.fetch("mai", "GET", "/actor-invitations?kind=laboratory")
    assert [row["id"] for row in listed["invitations"]] == [made["id"]]
    assert "code" not in listed["invitations"][0]
    assert "912345" not in str([made, listed, await desk.fetch("mai", "GET", one)])
    sheet = await desk.call("mai", "GET", f"{one}/sheet?language=en")
    assert (sheet.status, sheet.content_type) == (200, "application/pdf")
    assert (await desk.call("lan", "GET", one)).status == 404
    assert (await desk.fetch("mai", "POST", f"{one}/withdraw"))["state"] == "withdrawn"
    assert (await desk.call("thanh", "GET", "/actor-invitations")).status == 403
    assert PASSWORD not in str(made)


def read_symbols(pdf: bytes) -> list[str]:
    """What an independent decoder reads from the pages."""
    found = []
    for page in pypdfium2.PdfDocument(io.BytesIO(pdf)):
        picture = page.render(scale=2).to_pil()
        found += [one.text for one in zxingcpp.read_barcodes(picture)]
    return found
