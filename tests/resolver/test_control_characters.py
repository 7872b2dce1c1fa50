"""A control character in an address or a text is 400 on both engines."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.resolver.house import JSON, House, a_house, code_of
from tests.servers import PostgresServer


@pytest.fixture(params=["sqlite", "postgresql"])
async def both(
    request: pytest.FixtureRequest, tmp_path: Path, postgres: PostgresServer
) -> AsyncIterator[House]:
    ledger = {"ledger": postgres.database()} if request.param == "postgresql" else {}
    async with a_house(tmp_path, **ledger) as house:
        yield house


@pytest.mark.parametrize("character", ["%00", "%08", "%1b", "%7F", "%C2%85"])
async def test_no_address_takes_one(both: House, character: str) -> None:
    code = code_of(both.batches.active, 1)
    for path in (
        f"/S/{code}{character}",
        f"/S/{code}.{character}",
        f"/S?code={character}{code}",
        f"/01/08935000000014/21/{code}{character}",
        f"/01/08935000000014/21/{code}?8030={character}",
        f"/S/{code}?lang={character}",
        f"/?{character}",
        f"/health/live?x={character}",
        f"/{character}",
    ):
        answer = await both.get(path, **JSON)
        document = await answer.json()
        assert (answer.status, document["type"]) == (400, "/problems/control-character"), path


@pytest.mark.parametrize("after", ["%0D%0A", "%09", "%0a"])
async def test_what_a_hand_scanner_sends_after_a_code_is_no_reason_to_refuse(
    both: House, after: str
) -> None:
    answer = await both.get(f"/S/{code_of(both.batches.active, 1)}{after}", **JSON)
    assert (await answer.json()).get("type") != "/problems/control-character"


@pytest.mark.parametrize(
    ("path", "field"),
    [
        *(("/v1/scans", field) for field in ("code", "token", "device", "province")),
        *(("/v1/claims", field) for field in ("code", "pin")),
        *(("/v1/reports", field) for field in ("code", "note")),
    ],
)
async def test_no_text_takes_one(both: House, path: str, field: str) -> None:
    code = code_of(both.batches.active, 1)
    valid = {
        "/v1/scans": {"code": code, "token": await both.token(code)},
        "/v1/claims": {"code": code, "pin": "123456"},
        "/v1/reports": {"code": code, "note": "two\nlines"},
    }[path]
    bad = {**valid, field: f"{valid.get(field, '')}\x00"}
    for answer in (
        await both.post(path, bad, **JSON),
        await both.session.post(both.serving.url + path, data=bad, headers=JSON),
    ):
        document = await answer.json()
        assert (answer.status, document["type"]) == (400, "/problems/control-character")
        assert document["field"] == field
    if path == "/v1/reports":
        assert (await both.post(path, valid, **JSON)).status == 201


async def test_a_person_is_shown_a_page(both: House) -> None:
    answer = await both.get(
        f"/S/{code_of(both.batches.active, 1)}%00", Accept="text/html", **{"Accept-Language": "vi"}
    )
    assert answer.status == 400
    assert "ký tự điều khiển" in await answer.text()
