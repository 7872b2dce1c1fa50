"""Evidence for registered codes: what was sent stays as it is, and acts are added to it."""

import asyncio
import signal
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from ledger import Ledger, Organisation, RegisteredCode
from ledger.codes import code_evidence
from ledger.codes.code_evidence import EvidencePiece, EvidenceTexts
from ledger.errors import EvidenceFull, EvidenceState, KeyReused, UnknownRow
from ledger.storage.storage_errors import StorageFailed

PIECE = EvidencePiece(
    id="e1",
    code="A1",
    at=1,
    actor="mai",
    organisation="p1",
    kind="satellite",
    shows_from="2026-09-01",
    shows_until="2026-09-01",
    media_type="image/png",
    size=3,
    sha256="a" * 64,
    picture="b" * 64,
    is_public=True,
    texts=EvidenceTexts(source="Sentinel-2", licence="CC BY"),
)


@pytest.fixture
async def registry(ledger: Ledger) -> Ledger:
    await ledger.organisations.add(Organisation("p1", "packer", "Tân Phước"))
    codes = [RegisteredCode(code, "growing_area", "x", organisation="p1") for code in ("A1", "A2")]
    await ledger.registered_codes.change(["A1", "A2"], lambda _: codes, action="add", actor="bo")
    return ledger


async def attach(ledger: Ledger, **changes: Any) -> EvidencePiece:
    piece = replace(PIECE, **changes)
    return await ledger.code_evidence.attach(piece, f"request of {piece.id}")


async def test_a_piece_is_attached_once(registry: Ledger) -> None:
    first = await attach(registry)
    assert await attach(registry, at=99) == first
    assert await registry.code_evidence.get("e1") == first
    assert await registry.code_evidence.find_sent("e1", "request of e1") == first
    with pytest.raises(KeyReused):
        await registry.code_evidence.attach(PIECE, "another request")
    [entry] = await registry.audit.list_of_subject("code_evidence:e1", before=None, limit=5)
    assert (entry.action, entry.details["file"]) == ("evidence.attach", "a" * 64)
    assert (await registry.audit.verify()).ok


async def test_pieces_of_a_code_are_paged_newest_first(registry: Ledger) -> None:
    for n in range(3):
        await attach(registry, id=f"e{n}", at=7)
    await attach(registry, id="e9", at=8, code="A2")
    first = await registry.code_evidence.find_page("A1", limit=2)
    rest = await registry.code_evidence.find_page("A1", after=(first[-1].at, first[-1].id), limit=2)
    assert [one.id for one in [*first, *rest]] == ["e2", "e1", "e0"]


async def test_a_withdrawn_piece_stays_and_is_not_counted(registry: Ledger) -> None:
    await attach(registry)
    await attach(registry, id="e2")
    withdrawn = await registry.code_evidence.withdraw("e1", "wrong area", actor="mai")
    again = await registry.code_evidence.withdraw("e1", "other", actor="thanh")
    assert (again, withdrawn.condition) == (withdrawn, "withdrawn")
    assert withdrawn.texts == PIECE.texts
    assert await registry.code_evidence.count(["A1", "A2"]) == {"A1": 1}
    with pytest.raises(EvidenceState):
        await registry.code_evidence.release("e1", actor="thanh")
    with pytest.raises(UnknownRow):
        await registry.code_evidence.withdraw("e7", "?", actor="mai")


async def test_erasure_follows_a_withdrawal_and_keeps_the_hash(registry: Ledger) -> None:
    await attach(registry)
    with pytest.raises(EvidenceState):
        await registry.code_evidence.erase("e1", "law 91", actor="thanh")
    assert await registry.code_evidence.list_kept(["a" * 64, "b" * 64, "c" * 64]) == {
        "a" * 64,
        "b" * 64,
    }
    await registry.code_evidence.withdraw("e1", "a face", actor="mai")
    erased = await registry.code_evidence.erase("e1", "law 91", actor="thanh")
    assert (erased.condition, erased.texts, erased.sha256) == ("erased", None, "a" * 64)
    assert await registry.code_evidence.list_kept(["a" * 64]) == set()
    assert await registry.code_evidence.list_files() == set()
    await attach(registry, id="e2", picture=None)
    assert await registry.code_evidence.list_kept(["a" * 64, "b" * 64]) == {"a" * 64}
    assert await registry.code_evidence.list_files() == {"a" * 64}
    assert (await registry.audit.verify()).ok


async def test_the_public_is_told_of_the_newest_released_piece(registry: Ledger) -> None:
    await attach(registry)
    await attach(registry, id="e2", at=2, is_public=False)
    await attach(registry, id="e3", at=3)
    assert await registry.code_evidence.find_public(["A1", "A2"]) == {}
    waiting = await registry.code_evidence.find_waiting(None, limit=9)
    assert [one.id for one in waiting] == ["e3", "e1"]
    assert await registry.code_evidence.find_waiting("82", limit=9) == []
    with pytest.raises(EvidenceState):
        await registry.code_evidence.release("e2", actor="thanh")
    for id_ in ("e1", "e3"):
        await registry.code_evidence.release(id_, actor="thanh")
    await registry.code_evidence.withdraw("e3", "wrong", actor="mai")
    assert await registry.code_evidence.find_waiting(None, limit=9) == []
    told = await registry.code_evidence.find_public(["A1", "A2"])
    assert told["A1"].source == "Sentinel-2"
    await registry.code_evidence.withdraw("e1", "wrong", actor="mai")
    assert await registry.code_evidence.find_public(["A1"]) == {}


async def test_pieces_of_one_code_are_bounded(
    registry: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code_evidence, "MOST_OF_CODE", 1)
    await attach(registry)
    with pytest.raises(EvidenceFull):
        await attach(registry, id="e2")
    await attach(registry, id="e3", code="A2")


@pytest.mark.parametrize(
    "statement",
    ["UPDATE code_evidence SET sha256 = 'c'", "DELETE FROM code_evidence",
     "UPDATE evidence_acts SET reason = 'x'", "DELETE FROM evidence_acts"],
)  # fmt: skip
async def test_the_database_keeps_what_was_sent(registry: Ledger, statement: str) -> None:
    await attach(registry)
    await registry.code_evidence.withdraw("e1", "wrong", actor="mai")
    with pytest.raises((DBAPIError, StorageFailed)):
        async with registry._store.write() as connection:
            await connection.execute(text(statement))


KILLED = """
import asyncio, os, signal, sys
from ledger import open_ledger
from ledger.codes import code_evidence
from tests.ledger.codes.test_code_evidence import PIECE

async def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

async def main():
    async with await open_ledger(sys.argv[1]) as ledger:
        code_evidence.record_row_change = code_evidence.record_audit = die
        if sys.argv[2] == "attach":
            await ledger.code_evidence.attach(PIECE, "request of e1")
        await ledger.code_evidence.erase("e1", "law 91", actor="thanh")

asyncio.run(main())
"""


@pytest.mark.long
async def test_an_act_that_is_killed_leaves_nothing(registry: Ledger, url: str) -> None:
    async def kill(act: str) -> None:
        arguments = [sys.executable, "-c", KILLED, url, act]
        died = await asyncio.to_thread(subprocess.run, arguments, check=False)
        assert died.returncode == -signal.SIGKILL

    await kill("attach")
    assert await registry.code_evidence.find_page("A1", limit=9) == []
    await attach(registry)
    withdrawn = await registry.code_evidence.withdraw("e1", "a face", actor="mai")
    await kill("erase")
    assert await registry.code_evidence.get("e1") == withdrawn
    assert (await registry.audit.verify()).ok
