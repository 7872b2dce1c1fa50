"""Links of GS1 keys at the desk: who edits them, what is refused, and nothing typed is lost."""

import re

import pytest

from tests.desk.people import Page, somebody
from tests.desk.running_desk import RunningDesk

pytestmark = pytest.mark.usefixtures("quick_passwords")

KEY = "(01)08935000000014"
LINK = {
    "type": "pip",
    "href": "https://krongpac.vn/ri6",
    "title": "Sầu riêng",
    "hreflang": "vi, en",
}


async def own(desk: RunningDesk) -> None:
    owner = {"prefixes": ["8935000"], "hosts": ["krongpac.vn"]}
    await desk.fetch("tri", "PUT", "/key-owners/krong-pac", owner, **{"If-Match": "*"})


def list_titles(page: Page) -> list[str]:
    return re.findall(r'<li class="link-row"><span><b>([^<]*)</b>', page.html)


async def test_a_packer_links_a_key_and_orders_its_links(desk: RunningDesk) -> None:
    await own(desk)
    async with somebody(desk, "mai") as mai:
        form = await mai.get("/new-link-set")
        page = await mai.submit(form, "/new-link-set", gs1_key=KEY, description="Ri6")
        assert re.fullmatch(r"/links/[0-9a-f]{32}", page.path), page.text
        address = page.path
        page = await mai.submit(await mai.get(f"{address}/new-link"), f"{address}/new-link", **LINK)
        assert list_titles(page) == ["Sầu riêng"], page.text
        video = {**LINK, "type": "relatedVideo", "title": "Video"}
        page = await mai.submit(
            await mai.get(f"{address}/new-link"), f"{address}/new-link", **video
        )
        page = await mai.submit(page, f"{address}/2/up")
        assert list_titles(page) == ["Video", "Sầu riêng"]
        form = await mai.get(f"{address}/2")
        assert 'value="vi, en"' in form.html
        page = await mai.submit(form, f"{address}/2", **{**LINK, "title": "Ri6"})
        assert list_titles(page) == ["Video", "Ri6"]
        page = await mai.submit(page, f"{address}/1/remove")
        assert list_titles(page) == ["Ri6"]
        saves = re.findall(r"Bản (\d) · ([^·]*) ·", page.text)
        assert saves == [(str(n), "Nguyễn Thị Mai") for n in (6, 5, 4, 3, 2, 1)]
        assert KEY in (await mai.get("/links")).text
        page = await mai.submit(page, f"{address}/remove")
        assert page.path == "/links"
        assert "Chưa có mã GS1 nào" in page.text


async def test_a_key_s_page_shows_where_phones_are_led(desk: RunningDesk) -> None:
    await own(desk)
    link = {"type": "pip", "href": "https://krongpac.vn/vi", "title": "Trang Việt"}
    more = {"title": "English page", "href": "https://krongpac.vn/en", "hreflang": ["en"]}
    item = {"key": KEY, "links": [{**link, "hreflang": ["vi"]}, {**link, **more}]}
    await desk.fetch("mai", "POST", "/link-sets", item)
    shops = [{**link, "type": "hasRetailers", "title": f"Cửa hàng {n}"} for n in "AB"]
    lot = {"key": f"{KEY}(10)L7", "links": [{**link, "type": "traceability"}, *shops]}
    made = await desk.fetch("mai", "POST", "/link-sets", lot)
    address = f"/links/{made['id']}"

    def list_answers(page: Page) -> list[tuple[str, str]]:
        section = page.html.partition('id="answers"')[2]
        rows = re.findall(r"<dt>([^<]*)</dt><dd>(.*?)</dd>", section)
        return [(name, " ".join(re.sub("<[^>]*>", " ", text).split())) for name, text in rows]

    async with somebody(desk, "mai") as mai:
        page = await mai.get(f"{address}?type=pip")
        level = f"liên kết của {KEY}"
        assert list_answers(page) == [
            ("Tiếng Việt, Tiếng Trung, Ngôn ngữ khác", f"Trang Việt {level}"),
            ("Tiếng Anh", f"English page {level}"),
        ]
        assert list_answers(await mai.get(address)) == [("Mọi ngôn ngữ", "Trang Việt")]
        page = await mai.get(f"{address}?type=hasRetailers")
        several = "Một trang để người quét tự chọn: Cửa hàng A , Cửa hàng B"
        assert list_answers(page) == [("Mọi ngôn ngữ", several)]
    answers = f"/link-sets/{made['id']}/answers"
    told = await desk.fetch("mai", "GET", f"{answers}?type=gs1:pip")
    assert [one["status"] for one in told["answers"]] == [307] * 4
    assert told["types"] == ["traceability", "hasRetailers", "pip"]
    told = await desk.fetch("mai", "GET", f"{answers}?type=relatedVideo")
    assert [(one["status"], one["path"]) for one in told["answers"]] == [(404, None)] * 4


async def test_a_table_from_a_spreadsheet_adds_keys_or_is_kept_with_its_wrong_lines(
    desk: RunningDesk,
) -> None:
    await own(desk)
    table = (
        "Mã GS1\tLoại\tĐịa chỉ\tTiêu đề\tNgôn ngữ\n"
        f"{KEY}\tpip\thttps://krongpac.vn/ri6\tSầu riêng “Ri6”\tvi\n"
        "(414)8935000000014\tpip\thttps://evil.example/\tA\tvi\n"
    )
    async with somebody(desk, "mai") as mai:
        form = await mai.get("/new-link-table")
        page = await mai.submit(form, "/new-link-table", table=table)
        assert page.status == 422
        assert "Sầu riêng “Ri6”" in page.html
        assert "Dòng 3" in page.text, page.text
        assert "chưa được ghi cho đơn vị" in page.text
        assert KEY not in (await mai.get("/links")).text
        right = table.replace("evil.example", "krongpac.vn")
        page = await mai.submit(page, "/new-link-table", table=right)
        assert (page.path, "Đã thêm các mã" in page.text) == ("/links", True)
        for key in (KEY, "(414)8935000000014"):
            assert key in page.text
    async with somebody(desk, "thanh") as thanh:
        assert (await thanh.get("/new-link-table")).status == 403


async def test_a_refused_link_keeps_what_was_typed_and_says_what_is_wrong(
    desk: RunningDesk,
) -> None:
    await own(desk)
    made = await desk.fetch("mai", "POST", "/link-sets", {"key": KEY, "links": []})
    address = f"/links/{made['id']}/new-link"
    wrong = {
        "type": "",
        "href": "javascript:alert(1)",
        "title": "Ăn ngon “nhất”",
        "hreflang": "tiếng Việt",
        "media_type": "html",
        "context": "a b!",
    }
    async with somebody(desk, "mai") as mai:
        page = await mai.submit(await mai.get(address), address, **{**wrong, "type": "pip"})
        for value in ("javascript:alert(1)", "Ăn ngon “nhất”", "tiếng Việt", "a b!"):
            assert f'value="{value}"' in page.html
        for words in ("bắt đầu bằng https://", "mã ngôn ngữ như vi", "kiểu dữ liệu", "từ ngắn"):
            assert words in page.text, words
        page = await mai.submit(page, address, **{**LINK, "href": "https://evil.example/"})
        assert "chưa được ghi cho đơn vị" in page.text
        page = await mai.submit(page, address, **wrong)
        assert "Hãy điền mục này" in page.text
    assert (await desk.fetch("mai", "GET", f"/link-sets/{made['id']}"))["links"] == []


async def test_an_edit_of_an_old_page_is_refused_and_kept(desk: RunningDesk) -> None:
    await own(desk)
    made = await desk.fetch("mai", "POST", "/link-sets", {"key": KEY, "links": []})
    address = f"/links/{made['id']}/new-link"
    async with somebody(desk, "mai") as mai:
        old = await mai.get(address)
        await mai.submit(await mai.get(address), address, **LINK)
        page = await mai.submit(old, address, **{**LINK, "title": "Bản thứ hai"})
        assert 'value="Bản thứ hai"' in page.html
    assert len((await desk.fetch("mai", "GET", f"/link-sets/{made['id']}"))["links"]) == 1


async def test_only_an_administrator_records_prefixes_and_hosts(desk: RunningDesk) -> None:
    async with somebody(desk, "tri") as tri, somebody(desk, "mai") as mai:
        address = "/key-owners/krong-pac"
        form = await tri.get(address)
        page = await tri.submit(form, address, prefixes="893", hosts="krongpac.vn")
        assert "6 đến 12 chữ số" in page.text
        page = await tri.submit(page, address, prefixes="8935000\n8936001", hosts="localhost")
        assert "tên miền công khai" in page.text
        assert "8936001</textarea>" in page.html
        page = await tri.submit(page, address, prefixes="8935000", hosts="krongpac.vn\nkp.vn")
        assert "Đã lưu tiền tố" in page.text
        assert (await mai.get(address)).status == 403
        assert "kp.vn" in (await mai.get("/links")).text
        page = await mai.submit(
            await mai.get("/new-link-set"), "/new-link-set", gs1_key="(01)04012345999990"
        )
        assert "không thuộc tiền tố GS1" in page.text
        made = await desk.fetch("mai", "POST", "/link-sets", {"key": KEY, "links": []})
    async with somebody(desk, "lan") as lan:
        assert (await lan.get(f"/links/{made['id']}")).status == 404
        assert KEY not in (await lan.get("/links")).text
