"""Field checks over HTTP: without scripts, of the wrong people, and by the API."""

import hashlib
import io
from typing import Any

import aiohttp
import pypdfium2
import pytest
from PIL import Image

from issuer.case_file import parse_case_file
from stamps.lifecycle import State
from tests.desk.people import somebody
from tests.desk.running_desk import KEYS, SIGNER, RunningDesk, new_key


def code(batch: int, index: int) -> str:
    return KEYS.ring.seal(batch, index, index + 1)[0].decode()


def photo() -> bytes:
    output = io.BytesIO()
    Image.new("RGB", (64, 48), (120, 90, 30)).save(output, "JPEG")
    return output.getvalue()


async def test_a_stamp_is_checked_and_a_finding_with_a_photo_reported_without_scripts(
    desk: RunningDesk,
) -> None:
    batch = await desk.activated(20)
    text = f"https://veritem.vn/S/{code(batch, 3)}"
    async with somebody(desk, "thanh") as thanh:
        page = await thanh.get(f"/field?q={text}")
        for said in ("đã kích hoạt", f"{batch}·3", "DL-2026-0912", "HTX Nông nghiệp Krông Pắc"):
            assert said in page.text
        form = aiohttp.FormData()
        fields = {
            "csrf": page.hidden("csrf"), "key": new_key(), "typed": page.hidden("typed"),
            "kind": "goods", "note": "Sầu riêng khác", "wish": "suspend",
        }  # fmt: skip
        for name, value in fields.items():
            form.add_field(name, value)
        form.add_field("photo", photo(), filename="p.jpg", content_type="image/jpeg")
        done = await thanh._ask("POST", "/field", data=form)
        assert (done.status, "Đã ghi nhận phát hiện" in done.text) == (200, True)
        assert "Sầu riêng khác" in done.text
        assert "Tạm khóa tem: đã thực hiện" in done.text
        picture = await thanh.get(f"{done.path.partition('?')[0]}/photos/0")
        assert picture.headers["Content-Type"] == "image/jpeg"
        assert (await desk.ledger.transitions.get_span(batch, 3)).state is State.SUSPENDED
        closed = await thanh.submit(done, done.path.partition("?")[0], note="Đã lập biên bản")
        assert "Đã lập biên bản" in closed.text
        listed = await thanh.get("/field/findings")
        assert f"{batch}·3" not in listed.text
        assert f"{batch}·3" in (await thanh.get("/field/findings?state=handled")).text


async def test_a_refused_finding_keeps_what_was_typed(desk: RunningDesk) -> None:
    batch = await desk.activated(20)
    async with somebody(desk, "thanh") as thanh:
        page = await thanh.get(f"/field?q={code(batch, 3)}")
        refused = await thanh.submit(
            page, "/field", typed=code(batch, 3), note="Sạp 14", kind="nonsense"
        )
        assert refused.status == 400
        assert "Sạp 14" in refused.html


async def test_a_foreign_address_is_refused_in_words(desk: RunningDesk) -> None:
    batch = await desk.activated(20)
    async with somebody(desk, "thanh") as thanh:
        page = await thanh.get(f"/field?q=https://verltem.vn/S/{code(batch, 3)}")
        assert page.status == 422
        assert "Địa chỉ trên tem không phải của hệ thống này" in page.text
        assert "DL-2026-0912" not in page.text


@pytest.mark.parametrize("who", ["mai", "in", "bo", "tri", "cap"])
async def test_nobody_but_inspectors_checks_in_the_field(desk: RunningDesk, who: str) -> None:
    async with somebody(desk, who) as person:
        for path in ("/field", "/field/record?q=x", "/field/state", "/field/snapshots/1"):
            assert (await person.get(path)).status == 403, path
        page = await person.get("/account")
        sent = {"csrf": page.hidden("csrf"), "kind": "copy", "typed": "x"}
        for path in ("/field", "/field/sent", "/field/phones"):
            assert (await person.post(path, sent)).status == 403, path


async def test_a_finding_of_another_account_and_of_a_shut_out_phone_is_refused(
    desk: RunningDesk,
) -> None:
    batch = await desk.activated(20)
    async with somebody(desk, "thanh") as thanh:
        csrf = (await thanh.get("/account")).hidden("csrf")
        made = await thanh.session.post(f"{desk.url}/field/phones", data={"csrf": csrf})
        proof = (await made.json())["phone"]
        fields = {"csrf": csrf, "kind": "copy", "typed": code(batch, 3), "phone": proof}

        async def send(**changes: str) -> tuple[int, Any]:
            answer = await thanh.session.post(
                f"{desk.url}/field/sent", data={**fields, "key": new_key(), **changes}
            )
            return answer.status, await answer.json()

        assert (await send(owner="thanh"))[0] == 200
        foreign = await send(owner="mai")
        assert (foreign[0], foreign[1]["type"]) == (409, "/problems/foreign-act")
        page = await thanh.get("/field")
        assert "Máy của bạn" in page.text
        done = await thanh.submit(page, f"/field/phones/{proof.partition('.')[0]}/shut-out")
        # The phone's session is this one: it has ended.
        assert done.path.startswith("/sign-in")
    asked = await desk.session.get(f"{desk.url}/field/standing", headers={"X-Veritem-Phone": proof})
    assert await asked.json() == {"standing": "out"}
    async with somebody(desk, "thanh") as thanh:
        csrf = (await thanh.get("/account")).hidden("csrf")
        answer = await thanh.session.post(
            f"{desk.url}/field/sent",
            data={**fields, "csrf": csrf, "key": new_key(), "owner": "thanh"},
        )
        assert (answer.status, (await answer.json())["type"]) == (403, "/problems/phone-shut-out")


async def test_machines_check_report_and_close_findings(desk: RunningDesk) -> None:
    batch = await desk.activated(20)
    record = await desk.fetch("thanh", "POST", "/field/checks", {"text": code(batch, 3)})
    assert (record["stamp"], record["state"], record["packer"]) == (
        f"{batch}·3", "activated", "krong-pac"
    )  # fmt: skip
    body = {"kind": "copy", "typed": code(batch, 3), "note": "x", "wish": "investigate"}
    made = await desk.fetch("thanh", "POST", "/field/findings", body, key="f")
    assert await desk.fetch("thanh", "POST", "/field/findings", body, key="f") == made
    reused = await desk.call("thanh", "POST", "/field/findings", {**body, "note": "y"}, key="f")
    assert reused.status == 422
    listed = await desk.fetch("bo", "GET", "/field/findings")
    assert [one["id"] for one in listed["findings"]] == [made["id"]]
    done = await desk.fetch(
        "thanh", "POST", f"/field/findings/{made['id']}/handled", {"note": "xong"}
    )
    assert (done["state"], done["handled_by"]) == ("handled", "thanh")
    assert (await desk.call("bo", "POST", "/field/checks", {"text": "x"})).status == 403
    assert (await desk.call("thanh", "GET", "/field/findings/none")).status == 404


async def test_checks_and_findings_of_a_stamp_are_in_its_case_and_its_files(
    desk: RunningDesk,
) -> None:
    batch = await desk.activated(20)
    case = await desk.alert(batch, 3)
    for _ in range(2):
        await desk.fetch("thanh", "POST", "/field/checks", {"text": code(batch, 3)})
    await desk.fetch("thanh", "POST", "/field/checks", {"text": code(batch, 4)})
    async with somebody(desk, "thanh") as thanh:
        page = await thanh.get("/field")
        form = aiohttp.FormData(
            {
                "csrf": page.hidden("csrf"), "key": new_key(), "typed": code(batch, 3),
                "kind": "goods", "note": "Sầu riêng khác", "wish": "investigate",
            }
        )  # fmt: skip
        form.add_field("photo", photo(), filename="p.jpg", content_type="image/jpeg")
        assert (await thanh._ask("POST", "/field", data=form)).status == 200
        shown = await thanh.get(f"/alerts/{case}")
        assert "Kiểm tra tại hiện trường: 2 lần" in shown.text
        assert "Phát hiện: Hàng không khớp hồ sơ" in shown.text
        [made] = (await desk.fetch("bo", "GET", "/field/findings"))["findings"]
        assert f'src="/field/findings/{made["id"]}/photos/0"' in shown.html
        export = await thanh.get(f"/alerts/{case}/export")
        async with thanh.session.get(f"{desk.url}/alerts/{case}/report") as got:
            pages = pypdfium2.PdfDocument(await got.read())
        report = "".join(page.get_textpage().get_text_range() for page in pages)

    picture = await desk.call("bo", "GET", f"/field/findings/{made['id']}/photos/0")
    assert picture.content_type == "image/jpeg"
    missing = await desk.call("bo", "GET", f"/field/findings/{made['id']}/photos/1")
    assert missing.status == 404
    digest = hashlib.sha256(await picture.read()).hexdigest()
    known = await desk.fetch("bo", "GET", f"/field/findings/{made['id']}")
    assert known["photos"] == [digest]
    field = parse_case_file(export.html.encode(), SIGNER.public_keys())["field"]
    assert field["findings"] == [known]
    assert [(one["actor"], one["result"]) for one in field["checks"]] == [
        ("thanh", "activated")
    ] * 2
    assert digest in "".join(report.split())
    assert "Kiểm tra tại hiện trường: 2 lần" in " ".join(report.split())


async def test_a_network_that_asks_for_the_standing_of_phones_is_limited(desk: RunningDesk) -> None:
    async def ask() -> tuple[int, str | None]:
        answer = await desk.session.get(
            f"{desk.url}/field/standing", headers={"X-Veritem-Phone": "x.y"}
        )
        return answer.status, answer.headers.get("Retry-After")

    asked = [await ask() for _ in range(31)]
    assert {status for status, _ in asked[:30]} == {200}
    assert asked[30] == (429, "2")
    desk.clock.now += 2_000
    assert (await ask())[0] == 200


async def test_the_phone_of_a_disabled_account_is_shut_out(desk: RunningDesk) -> None:
    async with somebody(desk, "thanh") as thanh:
        csrf = (await thanh.get("/account")).hidden("csrf")
        made = await thanh.session.post(f"{desk.url}/field/phones", data={"csrf": csrf})
        proof = (await made.json())["phone"]
    asked = {"headers": {"X-Veritem-Phone": proof}}
    answer = await desk.session.get(f"{desk.url}/field/standing", **asked)
    assert await answer.json() == {"standing": "in"}
    await desk.fetch("tri", "POST", "/staff/thanh/disabling", key=new_key())
    answer = await desk.session.get(f"{desk.url}/field/standing", **asked)
    assert await answer.json() == {"standing": "out"}
