"""Forms and uploads: read under a limit and a deadline, never decompressed."""

import asyncio
import gzip

import aiohttp
import pytest

from printing.print_report import LARGEST
from tests.desk.people import Somebody, somebody
from tests.desk.running_desk import RunningDesk


def make_upload(csrf: str, content: bytes, name: str = "file") -> aiohttp.FormData:
    form = aiohttp.FormData({"csrf": csrf, "key": "k1", "text": ""})
    form.add_field(name, content, filename="report.csv", content_type="text/csv")
    return form


async def open_batch(desk: RunningDesk, press: Somebody) -> tuple[str, str]:
    """The address of a batch's reports, and the form token of the page."""
    number = await desk.batch(100)
    page = await press.get(f"/batches/{number}")
    return f"/batches/{number}/reports", page.hidden("csrf")


async def test_an_uploaded_report_may_have_a_byte_order_mark(desk: RunningDesk) -> None:
    async with somebody(desk, "in") as press:
        path, csrf = await open_batch(desk, press)
        content = "\ufeffstate,first,last\r\nprinted,0,99\r\n".encode()
        page = await press._ask("POST", path, data=make_upload(csrf, content))
        assert page.status == 200, page.text
        assert "100 tem in tốt" in page.text


@pytest.mark.parametrize("name", ["fil", "file2"])
async def test_an_unknown_field_of_an_upload_is_refused_by_its_name(
    desk: RunningDesk, name: str
) -> None:
    async with somebody(desk, "in") as press:
        path, csrf = await open_batch(desk, press)
        page = await press._ask("POST", path, data=make_upload(csrf, b"x", name))
        assert page.status == 400
        assert f"{name}: is not a field here" in page.text


async def test_an_upload_without_the_form_token_is_refused(desk: RunningDesk) -> None:
    async with somebody(desk, "in") as press:
        path, _ = await open_batch(desk, press)
        page = await press._ask(
            "POST", path, data=make_upload("", b"state,first,last\nprinted,0,9\n")
        )
        assert "tệp không được giữ lại" in page.text
    balance = await desk.ledger.transitions.compute_balance(1)
    assert balance.printed == 0


async def test_an_upload_above_the_limit_is_refused_while_it_arrives(desk: RunningDesk) -> None:
    async with somebody(desk, "in") as press:
        path, csrf = await open_batch(desk, press)
        form = make_upload(csrf, b"x" * (LARGEST + 100_000))
        page = await press._ask("POST", path, data=form)
        assert page.status == 413


async def test_files_are_taken_only_where_a_page_asks_for_them(desk: RunningDesk) -> None:
    async with somebody(desk, "mai") as mai:
        page = await mai.get("/new-order")
        form = make_upload(page.hidden("csrf"), b"x")
        assert (await mai._ask("POST", "/new-order", data=form)).status == 415


async def test_a_compressed_body_is_refused_and_not_decompressed(desk: RunningDesk) -> None:
    bomb = gzip.compress(b"x" * 1_000_000)
    coded = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    answer = await desk.call("cap", "POST", "/orders", bomb, **coded)
    assert (answer.status, (await answer.json())["type"]) == (415, "/problems/unsupported-media")
    async with somebody(desk, "cap") as cap:
        page = await cap._ask("POST", "/new-order", data=b"x", headers={
            "Content-Type": "application/x-www-form-urlencoded", "Content-Encoding": "br"
        })  # fmt: skip
        assert page.status == 415


async def test_a_compressed_part_of_an_upload_is_refused(desk: RunningDesk) -> None:
    async with somebody(desk, "in") as press:
        path, csrf = await open_batch(desk, press)
        body = (
            f'--b\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n{csrf}\r\n'
            '--b\r\nContent-Disposition: form-data; name="file"\r\n'
            "Content-Encoding: gzip\r\n\r\n"
        ).encode() + gzip.compress(b"x" * 1_000_000)
        headers = {"Content-Type": "multipart/form-data; boundary=b"}
        page = await press._ask("POST", path, data=body + b"\r\n--b--\r\n", headers=headers)
        assert page.status == 415


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no boundary at all",
        b"--b\r\n\r\nwithout a name\r\n--b--\r\n",
        b'--b\r\nContent-Disposition: form-data; name="csrf"\r\n\r\ncut off',
        b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n"
        b"--c\r\n\r\nx\r\n--c--\r\n--b--\r\n",
    ],
)
async def test_a_malformed_upload_is_refused(desk: RunningDesk, body: bytes) -> None:
    async with somebody(desk, "in") as press:
        path, _ = await open_batch(desk, press)
        headers = {"Content-Type": "multipart/form-data; boundary=b"}
        page = await press._ask("POST", path, data=body, headers=headers)
        assert page.status in (400, 403)


async def test_many_parts_are_refused(desk: RunningDesk) -> None:
    async with somebody(desk, "in") as press:
        path, csrf = await open_batch(desk, press)
        form = aiohttp.FormData({"csrf": csrf})
        for n in range(70):
            form.add_field("file", b"", filename=f"{n}")
        assert (await press._ask("POST", path, data=form)).status == 400


async def test_a_connection_that_sends_no_head_does_not_stop_the_others(
    desk: RunningDesk,
) -> None:
    host, _, port = desk.url.removeprefix("http://").partition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n")
    async with desk.session.get(f"{desk.url}/health/live") as answer:
        assert answer.status == 200
        assert answer.headers["Server"] == "veritem"
        assert answer.headers["Cache-Control"] == "no-store"
    writer.close()
