"""A control character in an address or a text is 400.

The service runs on PostgreSQL: a NUL that reached the ledger would be an error of the database.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.resolver.house import JSON, House, a_house, code_of
from tests.servers import PostgresServer


@pytest.fixture
async def house(tmp_path: Path, postgres: PostgresServer) -> AsyncIterator[House]:
    async with a_house(tmp_path, ledger=postgres.database()) as made:
        yield made


async def test_no_address_takes_one(house: House) -> None:
    code = code_of(house.batches.active, 1)
    for character in ("%00", "%08", "%1b", "%7F", "%C2%85"):
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
            answer = await house.get(path, **JSON)
            document = await answer.json()
            assert (answer.status, document["type"]) == (400, "/problems/control-character"), path


async def test_what_a_hand_scanner_sends_after_a_code_is_no_reason_to_refuse(
    house: House,
) -> None:
    for after in ("%0D%0A", "%09", "%0a"):
        answer = await house.get(f"/S/{code_of(house.batches.active, 1)}{after}", **JSON)
        assert (await answer.json()).get("type") != "/problems/control-character"


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/v1/scans", ("code", "token", "device", "province")),
        ("/v1/claims", ("code", "pin")),
        ("/v1/reports", ("code", "note")),
    ],
)
async def test_no_text_takes_one(house: House, path: str, fields: tuple[str, ...]) -> None:
    code = code_of(house.batches.active, 1)
    valid = {
        "/v1/scans": {"code": code, "token": await house.token(code)},
        "/v1/claims": {"code": code, "pin": "123456"},
        "/v1/reports": {"code": code, "note": "two\nlines", "token": await house.token(code)},
    }[path]
    for field in fields:
        bad = {**valid, field: f"{valid.get(field, '')}\x00"}
        for answer in (
            await house.post(path, bad, **JSON),
            await house.session.post(house.serving.url + path, data=bad, headers=JSON),
        ):
            document = await answer.json()
            assert (answer.status, document["type"]) == (400, "/problems/control-character")
            assert document["field"] == field
    if path == "/v1/reports":
        assert (await house.post(path, valid, **JSON)).status == 201


async def test_a_person_is_shown_a_page(house: House) -> None:
    answer = await house.get(
        f"/S/{code_of(house.batches.active, 1)}%00", Accept="text/html", **{"Accept-Language": "vi"}
    )
    assert answer.status == 400
    assert "ký tự điều khiển" in await answer.text()
