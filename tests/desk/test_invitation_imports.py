"""Many invitations from one file at the desk: shown, made as shown, and printed as one PDF."""

import aiohttp
import pytest

from desk.texts import TEXTS
from tests.desk.people import Page, Somebody, somebody
from tests.desk.running_desk import RunningDesk
from tests.desk.test_actor_invitations import read_symbols

PATH = "/actor-invitation-imports"
HEADER = "Vai trò,Tên,Số điện thoại\n"


async def upload(person: Somebody, page: Page, content: str) -> Page:
    form = aiohttp.FormData()
    form.add_field("csrf", page.hidden("csrf"))
    form.add_field("file", content.encode(), filename="moi.csv", content_type="text/csv")
    async with person.session.post(person.desk.url + PATH, data=form) as answer:
        return await person.get(answer.url.path)


async def test_a_file_of_people_is_shown_corrected_invited_and_printed(desk: RunningDesk) -> None:
    async with somebody(desk, "mai") as mai, somebody(desk, "lan") as lan:
        assert f'href="{PATH}"' in (await mai.get("/actor-invitations")).html
        page = await mai.get(PATH)
        template = await mai.get("/actor-invitation-template")
        assert template.html.startswith('\ufeff"Vai trò","Tên"')
        wrong = await upload(mai, page, f"{HEADER}Người trồng,A,12\nthanh tra,B,\n")
        assert "Dòng 2 · A" in wrong.text
        assert "không phải số điện thoại" in wrong.text
        assert "thanh tra không thuộc: người trồng, thu mua" in wrong.text
        assert "Mời 0 bên" not in wrong.text
        file = await mai.get(f"{wrong.path}/refused")
        assert len(file.html.splitlines()) == 3
        refused = await mai.submit(page, f"{wrong.path}/apply")
        assert refused.status == 409
        shown = await upload(mai, page, f"{HEADER}Người trồng,Hộ A,0912345678\nThu mua,B,\n")
        assert ("Mời 2 bên" in shown.text, "912345" in shown.text) == (True, False)
        assert (await lan.get(shown.path)).status == 404
        assert (await mai.get(f"{shown.path}/sheets")).status == 404  # nobody is invited yet
        done = await mai.submit(shown, f"{shown.path}/apply")
        assert "Đã mời 2 bên" in done.text
        async with mai.session.get(f"{desk.url}{shown.path}/sheets") as answer:
            assert (answer.status, answer.content_type) == (200, "application/pdf")
            sheets = await answer.read()
        listed = await mai.get("/actor-invitations")
        assert "Hộ A" in listed.text
        bare = await mai.submit(page, PATH)
        assert (bare.status, TEXTS["vi"]("flaw.missing") in bare.text) == (400, True)
    made = (await desk.fetch("mai", "GET", "/actor-invitations"))["invitations"]
    links = {
        (await desk.fetch("mai", "GET", f"/actor-invitations/{one['id']}"))["link"] for one in made
    }
    symbols = read_symbols(sheets)
    assert (set(symbols), len(symbols)) == (links, 2)


@pytest.mark.usefixtures("quick_passwords")
async def test_machines_invite_by_a_file(desk: RunningDesk) -> None:
    csv = {"Content-Type": "text/csv"}
    wrong = await desk.fetch("mai", "POST", PATH, b"kind,name\nboss,A\n", **csv)
    assert [one["flaws"].keys() for one in wrong["refused_lines"]] == [{"kind"}]
    assert (await desk.call("mai", "POST", f"{PATH}/{wrong['id']}/application")).status == 409
    shown = await desk.fetch(
        "mai", "POST", f"{PATH}?file_name=a.csv", b"kind,name\nbuyer,A\n", **csv
    )
    assert (shown["added"], shown["file_name"], shown["applied_at"]) == (1, "a.csv", None)
    one = f"{PATH}/{shown['id']}"
    done = await desk.fetch("mai", "POST", f"{one}/application")
    assert done["applied_at"] is not None
    assert await desk.fetch("mai", "POST", f"{one}/application") == done
    assert (await desk.fetch("mai", "GET", one))["invited"] == []
    sheets = await desk.call("mai", "GET", f"{one}/sheets?language=en")
    assert (sheets.status, sheets.content_type) == (200, "application/pdf")
    assert (await desk.call("lan", "GET", one)).status == 404
    assert (await desk.call("thanh", "GET", one)).status == 403
