"""Tokens of organisations, lists of tokens and sessions, and disabled organisations at the desk."""

import re

import pytest

from tests.accounts import add_accounts
from tests.desk.people import somebody
from tests.desk.running_desk import PASSWORD, RunningDesk, new_key

pytestmark = pytest.mark.usefixtures("quick_passwords")


async def test_a_token_of_the_organisation_is_shown_once_and_goes_on(desk: RunningDesk) -> None:
    fields = {
        "label": "Dây chuyền 2",
        "days": "30",
        "password": PASSWORD,
        "scope.lot.see": "yes",
    }
    async with somebody(desk, "mai") as mai, somebody(desk, "tri") as tri:
        form = await mai.get("/new-token")
        assert "HTX Nông nghiệp Krông Pắc" in form.text
        assert "Đặt tem" not in form.text.replace("Đặt tem, duyệt và xác nhận", "")
        unticked = {name: text for name, text in fields.items() if name != "scope.lot.see"}
        nothing = await mai.submit(form, "/new-token", **unticked)
        assert (nothing.status, 'value="Dây chuyền 2"' in nothing.html) == (400, True)
        wrong = await mai.submit(form, "/new-token", **{**fields, "password": "wrong"})
        assert wrong.status == 401
        made = await mai.submit(form, "/new-token", **fields)
        [text] = re.findall(r"vtm_[0-9a-f]{12}_[\w-]{43}", made.html)
        assert text not in (await mai.get(made.path)).html
        token = f"Bearer {text}"
        lots = await desk.call(None, "GET", "/lots", Authorization=token)
        orders = await desk.call(None, "GET", "/orders", Authorization=token)
        assert (lots.status, orders.status) == (200, 403)
        await desk.ledger.staff.disable("mai", actor="tri")
        lots = await desk.call(None, "GET", "/lots", Authorization=token)
        assert lots.status == 200
        listed = await tri.get("/tokens?organisation=krong-pac")
        for words in ("Dây chuyền 2", "Nguyễn Thị Mai", "còn hiệu lực"):
            assert words in listed.text
        assert "Dây chuyền 2" in (await tri.get("/export/tokens/csv?organisation=krong-pac")).html
        shown = await tri.get(made.path)
        revoked = await tri.submit(shown, f"{made.path}/revoke")
        assert "đã thu hồi" in revoked.text
        lots = await desk.call(None, "GET", "/lots", Authorization=token)
        assert lots.status == 401


async def test_sessions_are_found_and_ended_from_their_list(desk: RunningDesk) -> None:
    async with somebody(desk, "lan") as lan, somebody(desk, "tri") as tri:
        found = await tri.get("/sessions?staff=lan&state=open")
        [link] = re.findall(r'href="(/sessions/[0-9a-f]{16})"', found.html)
        assert (await somebody_else_sees(desk, link)) == 404
        ended = await tri.submit(await tri.get(link), f"{link}/end")
        assert "đã kết thúc" in ended.text
        assert (await lan.get("/account")).path.startswith("/sign-in")
        own = await tri.get("/sessions?state=open&staff=tri")
        [mine] = re.findall(r'href="(/sessions/[0-9a-f]{16})"', own.html)
        assert "/end" not in (await tri.get(mine)).html


async def somebody_else_sees(desk: RunningDesk, link: str) -> int:
    async with somebody(desk, "in") as other:
        return (await other.get(link)).status


async def test_an_organisation_is_disabled_by_one_and_enabled_by_two(desk: RunningDesk) -> None:
    await add_accounts(desk.ledger, "hoa", role="administrator")
    page_of = "/organisations/tan-phuoc"
    async with somebody(desk, "lan") as lan, somebody(desk, "tri") as tri:
        page = await tri.get(page_of)
        csrf = {"csrf": page.hidden("csrf")}
        for missing in ({"reason": "Ngừng hoạt động"}, {"sure": "yes"}):
            assert (await tri.post(f"{page_of}/disable", {**csrf, **missing})).status == 400
        # Two administrators outside of it are left: tri and hoa.
        sure = {**csrf, "sure": "yes", "reason": "Ngừng hoạt động"}
        done = await tri.post(f"{page_of}/disable", sure)
        assert "Lý do: Ngừng hoạt động" in done.text
        assert "Đã khóa đơn vị" in done.text
        assert "Người của đơn vị không đăng nhập được" in done.text
        assert (await lan.get("/lots")).path.startswith("/sign-in")
        assert (await lan.sign_in("lan")).status == 401
        assert "Tân Phước" in (await tri.get("/organisations?state=disabled")).text
        assert "Tân Phước" not in (await tri.get("/organisations?state=enabled")).text
        async with somebody(desk, "cap") as cap:
            assert 'value="tan-phuoc"' not in (await cap.get("/new-order")).html
        order = {"count": 9, "grade": "sealed", "product": "ri6", "packer": "tan-phuoc"}
        refused = await desk.call("cap", "POST", "/orders", order, key=new_key())
        assert (refused.status, "is disabled" in await refused.text()) == (400, True)
        back = {"reason": "Hoạt động lại", "key": new_key()}
        asked = await tri.post(f"{page_of}/enable", {**csrf, **back})
        assert "Mở lại đơn vị" in asked.text
        async with somebody(desk, "hoa") as hoa:
            proposal = await hoa.get(asked.path)
            assert "Hoạt động lại" in proposal.text
            approved = await hoa.submit(proposal, f"{asked.path}/approve")
            assert approved.status == 200, approved.text
        assert (await lan.sign_in("lan")).status == 200


async def test_the_api_does_the_same(desk: RunningDesk) -> None:
    body = {"label": "ERP", "days": 9, "scopes": ["lot.see"], "password": PASSWORD}
    made = await desk.call("mai", "POST", "/organisation-tokens", body, key="t1")
    token = await made.json()
    assert made.status == 201, token
    again = await desk.call("mai", "POST", "/organisation-tokens", body, key="t1")
    assert again.status == 409
    for scopes in ([], ["order.request"], ["print.report"]):
        wrong = await desk.call(
            "mai", "POST", "/organisation-tokens", {**body, "scopes": scopes}, key=new_key()
        )
        assert wrong.status == 400, scopes
    listed = await desk.fetch("mai", "GET", "/tokens?organisation=krong-pac&state=valid")
    assert [(one["id"], one["account"]) for one in listed["tokens"]] == [(token["id"], "mai")]
    limited = {"Authorization": f"Bearer {token['token']}"}
    me = await (await desk.call(None, "GET", "/me", **limited)).json()
    assert (me["organisation"], me["permissions"]) == ("krong-pac", ["lot.see"])
    own = await desk.call(None, "POST", f"/tokens/{token['id']}/revoke", **limited)
    assert own.status == 403
    assert (await desk.call("lan", "GET", f"/tokens/{token['id']}")).status == 404
    revoked = await desk.fetch("tri", "POST", f"/tokens/{token['id']}/revoke")
    assert revoked["state"] == "revoked"
    sessions = await desk.fetch("lan", "GET", "/sessions?state=open")
    assert {one["account"] for one in sessions["sessions"]} <= {"lan"}
    assert (await desk.call("lan", "POST", "/sessions/0000000000000000/end")).status == 404
    why = {"reason": "returned"}
    enabled = await desk.call("tri", "POST", "/organisations/in-hanoi/enable", why, key=new_key())
    assert enabled.status == 409
