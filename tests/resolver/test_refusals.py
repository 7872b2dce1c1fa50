import asyncio
import gzip
import re
from collections.abc import AsyncIterator

import pytest

from resolver import run_service
from resolver.errors import NoPin, NotRecorded
from resolver.problems import PROBLEMS
from resolver.texts import WORDS
from stamps.errors import VeritemError
from tests.resolver.house import JSON, PHONE, House, code_of
from tests.resolver.orchard import RING


def changed(code: str) -> str:
    """The code with another last letter: its tag is wrong."""
    return code[:-1] + ("0" if code[-1] != "0" else "1")


async def test_a_bad_tag_and_a_stamp_never_issued_get_the_same_answer(house: House) -> None:
    bad_tag = changed(code_of(house.batches.active, 1))
    never_issued = [RING.seal(9999, 1, 2)[0].decode(), code_of(house.batches.active, 100)]
    pages = []
    for code in (bad_tag, *never_issued):
        response = await house.get(f"/S/{code}", **PHONE)
        assert response.status == 404
        page = (await response.text()).replace(code, "CODE")
        pages.append(re.sub('name="token" form="report" value="[^"]+"', "", page))
    assert pages[0] == pages[1] == pages[2]
    assert "Không tìm thấy mã này" in pages[0]


async def test_neither_is_answered_before_the_time_that_is_set_for_both(house: House) -> None:
    loop = asyncio.get_running_loop()
    for code in (changed(code_of(house.batches.active, 1)), RING.seal(5000, 1, 2)[0].decode()):
        for _ in range(3):  # the second time the ledger is not asked
            began = loop.time()
            await house.get(f"/S/{code}", **JSON)
            assert loop.time() - began >= house.dependencies.settings.unknown_code_seconds - 0.002


async def test_a_malformed_code_gets_a_page_that_helps_to_retype(house: House) -> None:
    response = await house.get("/S/0abcd-efgu", **PHONE)
    page = await response.text()
    assert response.status == 404
    assert "Mã không dùng ký tự: U" in page
    assert "bạn đã nhập 9" in page
    assert 'value="0abcd-efgu"' in page


@pytest.mark.parametrize(
    "typed", ["<script>alert(1)</script>", '"><img src=x>', "%FE%FF", "%2e%2e%2f"]
)
async def test_what_was_typed_comes_back_escaped(house: House, typed: str) -> None:
    response = await house.get(f"/S/{typed}", **PHONE)
    page = await response.text()
    assert response.status == 404
    assert "<script>alert" not in page
    assert "<img" not in page


async def test_machines_get_a_problem_document(house: House) -> None:
    response = await house.get("/S/nonsense", **JSON)
    told = await response.json()
    assert (response.status, response.content_type) == (404, "application/problem+json")
    assert (told["type"], told["verdict"]) == ("/problems/malformed-code", "unknown")
    bad = await house.get(f"/S/{changed(code_of(house.batches.active, 1))}", **JSON)
    assert (await bad.json())["type"] == "/problems/unknown-code"


async def test_a_gtin_opens_no_code_of_a_batch_without_one(house: House) -> None:
    code = code_of(house.batches.active, 1)
    assert (await house.get(f"/S/{code}", **PHONE)).status == 200
    for gtin, status in (("08935000000014", 404), ("08935000000013", 400)):
        assert (await house.get(f"/01/{gtin}/21/{code}", **PHONE)).status == status


@pytest.mark.parametrize("path", ["/nothing", "/v1", "/S2/X", "/.git/config", "//S/X", "/health"])
async def test_other_addresses_are_not_found(house: House, path: str) -> None:
    response = await house.get(path, **JSON)
    assert (response.status, (await response.json())["type"]) == (404, "/problems/not-found")


async def test_wrong_methods_are_told_the_right_ones(house: House) -> None:
    for method, path, allowed in (
        ("GET", "/v1/scans", "POST, OPTIONS"),
        ("POST", f"/S/{code_of(house.batches.active, 1)}", "GET, HEAD"),
        ("DELETE", "/", "GET, HEAD"),
    ):
        async with house.session.request(method, house.serving.url + path) as response:
            assert (response.status, response.headers["Allow"]) == (405, allowed)


async def test_oversized_targets_and_bodies_are_refused(house: House) -> None:
    assert (await house.get("/S/" + "A" * 2000)).status == 414
    assert (await house.get("/S/" + "A" * 20_000)).status == 431
    assert (await house.post("/v1/scans", {"code": "A" * 20_000})).status == 413


@pytest.mark.parametrize("path", ["/v1/scans", "/v1/claims", "/v1/reports"])
async def test_a_coded_body_is_refused_and_not_decompressed(house: House, path: str) -> None:
    for body in (gzip.compress(b"{}"), chunks(gzip.compress(b"{}"))):
        async with house.session.post(
            house.serving.url + path, data=body, headers={"Content-Encoding": "gzip", **JSON}
        ) as answer:
            assert (answer.status, (await answer.json())["type"]) == (
                415,
                "/problems/unsupported-media",
            )


async def chunks(body: bytes) -> AsyncIterator[bytes]:
    yield body


async def test_a_body_that_never_ends_is_given_up(house: House) -> None:
    object.__setattr__(house.dependencies.settings, "body_seconds", 0.1)
    async with run_service(house.dependencies) as impatient:
        host, port = impatient.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"POST /v1/scans HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{")
        assert (await reader.readline()).startswith(b"HTTP/1.1 408")
        writer.close()


async def test_a_network_that_tries_code_after_code_is_slowed_down(house: House) -> None:
    object.__setattr__(house.dependencies.settings, "unknown_code_seconds", 0.0)
    code = changed(code_of(house.batches.active, 1))
    statuses = [(await house.get(f"/S/{code}", **JSON)).status for _ in range(301)]
    assert (statuses[:300], statuses[300]) == ([404] * 300, 429)
    assert (await house.get(f"/S/{code_of(house.batches.active, 1)}", **JSON)).status == 200


@pytest.mark.parametrize("slug", [*PROBLEMS])
def test_every_problem_has_a_title_in_each_language(slug: str) -> None:
    for words in WORDS.values():
        assert words(f"problem.{slug}")


def test_an_unregistered_error_is_internal_and_shows_nothing() -> None:
    class Unregistered(VeritemError):
        code = "unregistered"

    assert PROBLEMS.status(Unregistered(why="secret")) == 500
    assert "secret" not in str(PROBLEMS.document(Unregistered(why="secret"), WORDS["en"]))
    assert PROBLEMS.status(NoPin()) == 409


async def test_a_journal_that_fails_shows_no_evidence(house: House) -> None:
    document = PROBLEMS.document(NotRecorded(why="disk sda is full"), WORDS["en"])
    assert "sda" not in str(document)
    assert PROBLEMS.headers(NotRecorded(why="x")) == {"Retry-After": "5"}
