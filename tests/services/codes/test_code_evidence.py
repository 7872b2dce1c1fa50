"""Evidence of a registered code: who attaches, sees, releases, withdraws and erases it."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from attachments import (
    AttachmentStore,
    MalformedPhoto,
    OriginalStore,
    PhotoTooLarge,
    UnknownMediaType,
)
from ledger import Organisation, RegisteredCode
from ledger.codes.code_evidence import EvidencePiece
from ledger.errors import EvidenceState, KeyReused, UnknownRow
from services import Actor, ServiceContext
from services.codes.code_evidence import (
    EvidenceShelf,
    EvidenceStatement,
    attach_evidence,
    count_evidence,
    erase_evidence,
    get_evidence,
    list_evidence,
    list_waiting,
    release_evidence,
    take_file,
    take_picture,
    withdraw_evidence,
)
from services.codes.evidence_sweep import sweep_evidence
from services.errors import (
    EvidenceTooLarge,
    Forbidden,
    InvalidInput,
    KeyRequired,
    SamePersonEvidence,
    UploadsLimited,
)
from tests.attachments.photos import encode_photo, make_png_header
from tests.services.office import NOW, Office, new_key

AREA = "VN-ĐLOR-0123"
GROWER = Actor("bin", "grower", "vuon-kao")
PROVINCE = Actor("lan", "authority", "so-dl", province="66")
OTHER_PROVINCE = Actor("hoa", "authority", "so-tg", province="82")
PICTURE = encode_photo(kind="PNG") + b"<script>alert(1)</script>"
SENSOR = b"time;humidity\r\n2026-09-01T07:00;81\r\n"
STATEMENT = EvidenceStatement(
    kind="satellite",
    shows_from="2026-09-01",
    source="Copernicus Sentinel-2 L2A",
    licence="CC BY-SA 3.0 IGO",
    original="S2B_MSIL2A_20260901T031539",
    is_public=True,
)


@dataclass
class Registry:
    office: Office
    shelf: EvidenceShelf

    def act(self, who: str | Actor) -> ServiceContext:
        context = self.office.context("inspector" if isinstance(who, Actor) else who)
        return replace(context, actor=who) if isinstance(who, Actor) else context

    async def attach(
        self, who: str | Actor = GROWER, upload: bytes = PICTURE, key: str = "", **changes: Any
    ) -> EvidencePiece:
        statement = replace(STATEMENT, **changes)
        key = key or new_key()
        return await attach_evidence(self.act(who), self.shelf, AREA, statement, upload, key)


@pytest.fixture
async def registry(office: Office, tmp_path: Path) -> Registry:
    for organisation in (
        Organisation("vuon-kao", "grower", "Vườn Kao"),
        Organisation("so-dl", "authority", "Sở Đắk Lắk", province="66"),
    ):
        await office.ledger.organisations.add(organisation)
    area = RegisteredCode(AREA, "growing_area", "Buôn Kao", "vuon-kao", province="66")
    other = replace(area, code="VN-TGOR-0001", organisation="krong-pac", province="82")
    await office.ledger.registered_codes.change(
        [AREA, other.code], lambda _: [area, other], action="add", actor="authority"
    )
    originals = OriginalStore(tmp_path / "evidence")
    photos = AttachmentStore(tmp_path / "photos")
    return Registry(office, EvidenceShelf(originals, photos, lambda: NOW))


async def test_the_file_comes_back_as_it_was_sent_and_its_picture_re_encoded(
    registry: Registry,
) -> None:
    piece = await registry.attach(shows_from="2026-09-01 10:15", maker="HTX Krông Pắc")
    grower, originals = registry.act(GROWER), registry.shelf.originals
    file = await take_file(grower, originals, AREA, piece.id)
    assert (file.content, file.media_type) == (PICTURE, "image/png")
    assert file.name == f"veritem-satellite-{piece.sha256[:12]}.png"
    shown = await take_picture(grower, originals, AREA, piece.id)
    assert (shown[:2], b"<script>" in shown) == (b"\xff\xd8", False)
    assert (piece.shows_from, piece.shows_until) == ("2026-09-01T10:15", "2026-09-01T10:15")
    assert (piece.maker, piece.organisation, piece.actor) == ("krong-pac", "vuon-kao", "bin")
    sensor = await registry.attach(upload=SENSOR, kind="sensor")
    assert (sensor.media_type, sensor.picture) == ("text/csv", None)
    with pytest.raises(UnknownRow):
        await take_picture(grower, originals, AREA, sensor.id)


async def test_the_same_key_again_is_the_same_piece(registry: Registry) -> None:
    first = await registry.attach(key="k")
    assert await registry.attach(key="k") == first
    with pytest.raises(KeyReused):
        await registry.attach(key="k", upload=encode_photo())
    with pytest.raises(KeyRequired):
        await registry.attach(key="đ")
    assert (await registry.attach(PROVINCE, key="k")).id != first.id
    assert len((await list_evidence(registry.act(GROWER), AREA)).items) == 2


async def test_the_organisation_of_the_code_its_province_and_inspectors_see_and_attach(
    registry: Registry,
) -> None:
    for who in (GROWER, PROVINCE, "inspector", "authority"):
        piece = await registry.attach(who)
        assert await get_evidence(registry.act(who), AREA, piece.id) == piece
    for stranger in ("packer", OTHER_PROVINCE):
        with pytest.raises(UnknownRow):
            await registry.attach(stranger)
        with pytest.raises(UnknownRow):
            await list_evidence(registry.act(stranger), AREA)
        with pytest.raises(UnknownRow):
            await take_file(registry.act(stranger), registry.shelf.originals, AREA, piece.id)
        assert await count_evidence(registry.act(stranger), [AREA, "VN-TGOR-0001"]) == {}
    assert await count_evidence(registry.act(GROWER), [AREA, "?"]) == {AREA: 4}
    for role in ("press", "issuer"):
        with pytest.raises(Forbidden):
            await registry.attach(role)
    with pytest.raises(UnknownRow):  # the piece of another code, under a code in scope
        await get_evidence(registry.act("packer"), "VN-TGOR-0001", piece.id)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "rumour"}, "kind"),
        ({"shows_from": "03/04/2026"}, "shows_from"),
        ({"shows_from": "2026-13-01"}, "shows_from"),
        ({"shows_from": "2026-10-01"}, "shows_from"),
        ({"shows_until": "2026-08-01"}, "shows_until"),
        ({"shows_until": "2027-08-01"}, "shows_until"),
        ({"source": "  "}, "source"),
        ({"source": "a\u202eb"}, "source"),
        ({"note": "x" * 1001}, "note"),
        ({"maker": "nobody"}, "maker"),
        ({"kind": "sensor"}, "file"),
    ],
)
async def test_a_statement_that_says_too_little_is_refused(
    registry: Registry, changes: dict[str, str], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        await registry.attach(**changes)
    assert refused.value.evidence["field"] == field
    assert list(registry.shelf.originals.list_hashes()) == []


@pytest.mark.parametrize(
    ("upload", "refusal"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", UnknownMediaType),
        (b"", UnknownMediaType),
        (PICTURE[:60], MalformedPhoto),
        (make_png_header(60_000, 60_000), PhotoTooLarge),
    ],
    ids=["svg", "empty", "cut", "bomb"],
)
async def test_a_hostile_file_is_refused_and_nothing_is_kept(
    registry: Registry, upload: bytes, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        await registry.attach(upload=upload)
    assert list(registry.shelf.originals.list_hashes()) == []
    assert (await list_evidence(registry.act(GROWER), AREA)).items == []


async def test_a_sender_is_limited_in_size_and_number(registry: Registry) -> None:
    shelf = registry.shelf
    registry.shelf = EvidenceShelf(
        shelf.originals, shelf._photos, lambda: NOW, most_bytes=100, most_at_once=2
    )
    with pytest.raises(EvidenceTooLarge):
        await registry.attach(upload=b"a,b\n" * 26, kind="sensor")
    await registry.attach(upload=SENSOR, kind="sensor", key="k")
    with pytest.raises(UploadsLimited):
        await registry.attach(upload=SENSOR, kind="sensor")
    await registry.attach(upload=SENSOR, kind="sensor", key="k")
    await registry.attach("inspector", upload=SENSOR, kind="sensor")


async def test_the_public_is_told_after_another_person_released_it(registry: Registry) -> None:
    find = registry.office.ledger.code_evidence.find_public
    piece, kept_back = await registry.attach(), await registry.attach(is_public=False)
    own = await registry.attach(PROVINCE)
    assert await find([AREA]) == {}
    for province, waiting in ((PROVINCE, [own.id, piece.id]), (OTHER_PROVINCE, [])):
        page = await list_waiting(registry.act(province))
        assert sorted(one.id for one in page.items) == sorted(waiting)
    with pytest.raises(Forbidden):
        await release_evidence(registry.act(GROWER), AREA, piece.id)
    with pytest.raises(SamePersonEvidence):
        await release_evidence(registry.act(PROVINCE), AREA, own.id)
    with pytest.raises(EvidenceState):
        await release_evidence(registry.act(PROVINCE), AREA, kept_back.id)
    released = await release_evidence(registry.act(PROVINCE), AREA, piece.id)
    assert released.condition == "released"
    assert (await find([AREA]))[AREA].source == STATEMENT.source


async def test_withdrawal_keeps_the_piece_and_is_the_senders_or_the_authoritys(
    registry: Registry,
) -> None:
    mine, theirs = await registry.attach(), await registry.attach(PROVINCE)
    with pytest.raises(InvalidInput):
        await withdraw_evidence(registry.act(GROWER), AREA, theirs.id, "not mine")
    with pytest.raises(InvalidInput):
        await withdraw_evidence(registry.act(GROWER), AREA, mine.id, " ")
    for one in (mine, theirs):
        gone = await withdraw_evidence(registry.act("inspector"), AREA, one.id, "wrong area")
        assert gone.condition == "withdrawn"
    file = await take_file(registry.act(GROWER), registry.shelf.originals, AREA, mine.id)
    assert file.content == PICTURE


async def test_erasure_removes_texts_and_file_by_another_person(registry: Registry) -> None:
    originals = registry.shelf.originals
    piece, twin = await registry.attach(), await registry.attach(upload=SENSOR, kind="sensor")
    copy = await registry.attach("inspector", upload=SENSOR, kind="sensor")
    for digest in originals.list_hashes():
        os.utime(originals.locate(digest), (time.time() - 600,) * 2)
    province, ministry = registry.act(PROVINCE), registry.act("authority")
    with pytest.raises(EvidenceState):
        await erase_evidence(ministry, originals, AREA, piece.id, "Luật 91/2025/QH15")
    for one in (piece, twin):
        await withdraw_evidence(province, AREA, one.id, "a face")
        with pytest.raises(SamePersonEvidence):
            await erase_evidence(province, originals, AREA, one.id, "Luật 91/2025/QH15")
        with pytest.raises(Forbidden):
            await erase_evidence(registry.act(GROWER), originals, AREA, one.id, "?")
        erased = await erase_evidence(ministry, originals, AREA, one.id, "Luật 91/2025/QH15")
        assert (erased.texts, erased.sha256) == (None, one.sha256)
        with pytest.raises(UnknownRow):
            await take_file(ministry, originals, AREA, one.id)
    assert set(originals.list_hashes()) == {copy.sha256}, "another piece names it"


async def test_an_erased_file_that_was_just_sent_again_stays(registry: Registry) -> None:
    """Its piece may be written at this moment; the sweep removes it if it is not."""
    originals = registry.shelf.originals
    piece = await registry.attach(upload=SENSOR, kind="sensor")
    await withdraw_evidence(registry.act(PROVINCE), AREA, piece.id, "wrong")
    await erase_evidence(registry.act("authority"), originals, AREA, piece.id, "law")
    assert list(originals.list_hashes()) == [piece.sha256]
    old = time.time() - 3 * 86_400
    os.utime(originals.locate(piece.sha256), (old, old))
    assert await sweep_evidence(registry.office.ledger, originals) == [piece.sha256]


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from attachments import AttachmentStore, OriginalStore
from ledger import open_ledger
from ledger.codes.code_evidence import CodeEvidence
from services import ServiceContext
from services.codes.code_evidence import EvidenceShelf, attach_evidence
from tests.services.codes.test_code_evidence import AREA, GROWER, PICTURE, STATEMENT

async def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

async def main():
    database, evidence, photos = map(Path, sys.argv[1:])
    CodeEvidence.attach = die
    async with await open_ledger(f"sqlite:///{database}") as ledger:
        shelf = EvidenceShelf(OriginalStore(evidence), AttachmentStore(photos), lambda: 0)
        context = ServiceContext(ledger, GROWER, lambda: 1_790_000_000_000)
        await attach_evidence(context, shelf, AREA, STATEMENT, PICTURE, "k")

asyncio.run(main())
"""


@pytest.mark.long
async def test_a_sender_that_is_killed_leaves_a_file_that_is_swept_and_no_piece(
    registry: Registry, tmp_path: Path
) -> None:
    originals = registry.shelf.originals
    named = await registry.attach(upload=SENSOR, kind="sensor")
    paths = map(str, (tmp_path / "ledger.db", originals.folder, tmp_path / "photos"))
    died = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", KILLED, *paths], check=False
    )
    assert died.returncode == -signal.SIGKILL
    assert [one.id for one in (await list_evidence(registry.act(GROWER), AREA)).items] == [named.id]
    left = set(originals.list_hashes()) - {named.sha256}
    assert len(left) == 2, "the original and the picture"
    assert await sweep_evidence(registry.office.ledger, originals) == []
    old = time.time() - 3 * 86_400
    for digest in originals.list_hashes():
        os.utime(originals.locate(digest), (old, old))
    assert set(await sweep_evidence(registry.office.ledger, originals)) == left
    assert list(originals.list_hashes()) == [named.sha256]
