"""A packer whose growing area was revoked goes on under its code, or borrows another's."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.desk.running_desk import RunningDesk, lot_document, new_key, running_desk

AREA = "VN-ĐLOR-0123"
OTHER = "VN-TGOR-0034"
HOUSEHOLD = "Hộ ông Y Bih Niê"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[RunningDesk]:
    """A printed batch, a lot of mai's, and two growing areas; the second is another household's."""
    async with running_desk(tmp_path) as made:
        for code in (AREA, OTHER):
            record = {"code": code, "kind": "growing_area", "name": "Ea Kao"}
            await made.fetch("bo", "POST", "/registered-codes", {**record, "household": HOUSEHOLD})
        yield made


async def revoke(desk: RunningDesk, code: str) -> None:
    await desk.fetch("bo", "POST", f"/registered-codes/{code}/revocation", {"reason": "lent"})


async def activate(desk: RunningDesk, batch: int, first: int, lot: str) -> tuple[int, Any]:
    body = {"transition": "activate", "range": f"{batch}·{first}-{first}", "lot": lot}
    answer = await desk.call("mai", "POST", "/transitions", body, key=new_key())
    return answer.status, (await answer.json()).get("type")


async def test_nothing_is_bound_once_the_revocation_is_answered(desk: RunningDesk) -> None:
    """Activations that race with the revocation come before it in the audit log, or are refused."""
    batch = await desk.printed(20)
    await desk.lot()
    racing = [activate(desk, batch, n, "DL-2026-0912") for n in range(8)]
    *answers, _ = await asyncio.gather(*racing, revoke(desk, AREA))
    bound = sum(status < 300 for status, _ in answers)
    refused = sum(kind == "/problems/code-revoked" for _, kind in answers)
    assert bound + refused == 8, answers
    assert (await desk.ledger.transitions.compute_balance(batch)).activated == bound
    assert await activate(desk, batch, 9, "DL-2026-0912") == (409, "/problems/code-revoked")
    assert (await desk.ledger.transitions.compute_balance(batch)).activated == bound


SPELLINGS = [
    "vn-tgor-0034",
    "VN TGOR 0034",
    "VNTGOR0034",
    "VN–TGOR–O034",
    "ＶＮ．ＴＧＯＲ．００３４",
]


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("where", ["growing_area", "stage"])
async def test_no_spelling_of_a_revoked_code_gets_into_a_lot(
    desk: RunningDesk, spelling: str, where: str
) -> None:
    await revoke(desk, OTHER)
    document = lot_document("L1")
    if where == "growing_area":
        document["growing_area"] = {"code": spelling}
    else:
        document["stages"][1]["location"] = spelling
    answer = await desk.call("mai", "PUT", "/lots/L1", document)
    assert (answer.status, (await answer.json())["type"]) == (409, "/problems/code-revoked")


async def test_a_code_in_plain_letters_does_not_pass_for_a_revoked_one(desk: RunningDesk) -> None:
    """`DL` may be another province than `ĐL`; then both are registered."""
    await revoke(desk, AREA)
    document = lot_document("L1", growing_area={"code": "VN-DLOR-0123"})
    document["stages"] = [s for s in document["stages"] if s["location"] != AREA]
    answer = await desk.call("mai", "PUT", "/lots/L1", document)
    assert (answer.status, (await answer.json())["type"]) == (409, "/problems/code-like-another")
    other = {"code": "VN-DLOR-0123", "kind": "growing_area", "name": "Di Linh"}
    await desk.fetch("bo", "POST", "/registered-codes", other)
    await desk.fetch("mai", "PUT", "/lots/L1", document)


async def test_a_packer_learns_no_household(desk: RunningDesk) -> None:
    for path in (
        f"/registered-codes/{OTHER}",
        f"/registered-codes/{OTHER}/history",
        "/registered-codes",
        "/registered-codes?q=Bih",
    ):
        answer = await desk.call("mai", "GET", path)
        assert answer.status == 200
        assert "Y Bih" not in await answer.text()


async def test_a_packer_changes_no_code(desk: RunningDesk) -> None:
    reason, csv = {"reason": "mine"}, {"Content-Type": "text/csv"}
    attempts = [
        ("POST", f"/registered-codes/{AREA}/restoration", reason, {}),
        ("POST", f"/registered-codes/{AREA}/suspension", reason, {}),
        ("PUT", "/registered-code-rules/growing_area", {"is_registration_required": False}, {}),
        ("POST", "/registered-code-imports", b"code,status\nVN-TGOR-0034,active\n", csv),
        ("POST", "/registered-code-imports/x/application", None, {}),
    ]
    for method, path, body, headers in attempts:
        answer = await desk.call("mai", method, path, body, **headers)
        assert answer.status == 403, path
