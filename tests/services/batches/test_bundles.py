"""Bundles: print files for a range of choice, recorded, and complete after an interruption."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pyrage
import pytest

from ledger.errors import UnknownBatch
from printing import BundleProgress, SheetLayout, check_files, verify_manifest
from printing.errors import AnotherBundle, PinsNeedEncryption
from services.batches.bundle_store import BundleStore
from services.batches.bundles import (
    FORMATS,
    PrintRequest,
    get_bundle,
    start_bundle,
    write_print_files,
)
from services.batches.print_keys import add_key, retire_key
from services.batches.print_reports import TypedReport, apply_typed_report
from services.errors import BundleNotReady, Forbidden, UnknownBundleFormat
from tests.services.office import SIGNER, Office


def make_request(range_text: str, folder: Path, **changes: Any) -> PrintRequest:
    fields = {"form": "csv", "scheme": "https", "layout": SheetLayout(), "part_size": 30}
    return PrintRequest(range=range_text, folder=folder, **{**fields, **changes})


def open_store(office: Office, folder: Path) -> BundleStore:
    return BundleStore(
        office.ledger, office.issuer, folder, scheme="https", part_size=30, rendering_threads=1
    )


async def test_a_range_is_written_as_a_signed_bundle_and_recorded(
    office: Office, tmp_path: Path
) -> None:
    number = await office.issue_batch(100)
    folder = tmp_path / "print"
    request = make_request(f"{number}·10-89", folder)
    path = await write_print_files(office.context("operator"), request)
    with pytest.raises(AnotherBundle):  # the folder holds a complete bundle
        await write_print_files(office.context("operator"), request)
    content = path.read_bytes()
    verify_manifest(content, SIGNER.public_keys().to_jwks())
    check_files(content, folder)
    manifest = orjson.loads(content)
    assert (manifest["first"], manifest["last"], len(manifest["parts"])) == (10, 89, 3)
    recorded = [e for e in await office.ledger.audit.list_after() if e.action == "batch.print"]
    assert [e.actor for e in recorded] == ["operator", "operator"]  # the refused call too
    assert recorded[0].details["range"] == f"{number}·10-89"


async def test_printing_that_is_cut_off_is_recorded(office: Office, tmp_path: Path) -> None:
    number = await office.issue_batch(100)

    def cut_off(progress: BundleProgress) -> None:
        raise OSError("the disk is full")

    request = make_request(f"{number}·10-89", tmp_path / "print")
    with pytest.raises(OSError, match="full"):
        await write_print_files(office.context("operator"), request, cut_off)
    recorded = [e for e in await office.ledger.audit.list_after() if e.action == "batch.print"]
    assert [(e.actor, e.details["range"]) for e in recorded] == [("operator", f"{number}·10-89")]


async def test_only_the_assigned_print_house_gets_files(office: Office, tmp_path: Path) -> None:
    number = await office.issue_batch(10)
    request = make_request(str(number), tmp_path / "print")
    with pytest.raises(UnknownBatch):
        await write_print_files(office.context("other-press"), request)
    with pytest.raises(Forbidden):
        await write_print_files(office.context("packer"), request)
    assert not (tmp_path / "print").exists()


async def test_pins_are_never_written_unencrypted(office: Office, tmp_path: Path) -> None:
    organisations = office.ledger.organisations
    press_house = await organisations.get("in-mekong")
    key = str(pyrage.x25519.Identity.generate().to_public())
    await organisations.replace(replace(press_house, public_key=key))
    number = await office.issue_batch(10, has_pin=True)
    await organisations.replace(press_house)  # its key is gone since
    request = make_request(str(number), tmp_path / "print")
    with pytest.raises(PinsNeedEncryption):
        await write_print_files(office.context("press"), request)
    store = open_store(office, tmp_path / "bundles")
    with pytest.raises(PinsNeedEncryption):
        await start_bundle(office.context("press"), store, number, "csv")
    assert (await get_bundle(office.context("press"), store, number, "csv")).state == "absent"


async def test_a_bundle_is_handed_out_once_it_is_complete(office: Office, tmp_path: Path) -> None:
    number, press = await office.issue_batch(100), office.context("press")
    store = open_store(office, tmp_path / "bundles")
    with pytest.raises(UnknownBundleFormat):
        await start_bundle(press, store, number, "exe")
    status = await start_bundle(press, store, number, "csv")
    with pytest.raises(BundleNotReady):
        store.get_file(status.batch, "csv", "manifest.json")
    for _ in range(1000):
        status = await get_bundle(press, store, number, "csv")
        if status.state != "writing":
            break
        await asyncio.sleep(0.01)
    assert (status.state, status.done) == ("ready", 100)
    assert store.get_file(status.batch, "csv", "ticket.json")[0].exists()
    reopened = open_store(office, tmp_path / "bundles")
    assert (await get_bundle(press, reopened, number, "csv")).state == "ready"
    await store.close()


def read_all(folder: Path) -> dict[str, bytes]:
    """All files but the marks of jobs: a store that closes leaves one to the next start."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "job.json"
    }


async def wait_until_ready(
    office: Office, store: BundleStore, who: str, number: int, form: str = "csv"
) -> None:
    for _ in range(6000):
        status = await get_bundle(office.context(who), store, number, form)
        if status.state == "ready":
            return
        assert status.state == "writing"
        await asyncio.sleep(0.01)
    raise AssertionError("never written")


async def test_a_bundle_is_written_again_for_the_keys_in_use(
    office: Office, tmp_path: Path
) -> None:
    number, press = await office.issue_batch(100), office.context("press")
    lost, new = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    await add_key(press, "in-mekong", str(lost.to_public()))
    store = open_store(office, tmp_path / "bundles")
    await start_bundle(press, store, number, "csv")
    await wait_until_ready(office, store, "press", number)
    first = await get_bundle(press, store, number, "csv")
    assert not first.is_outdated
    assert (await start_bundle(press, store, number, "csv")).manifest == first.manifest

    await add_key(press, "in-mekong", str(new.to_public()))
    await retire_key(press, "in-mekong", str(lost.to_public()))
    assert (await get_bundle(press, store, number, "csv")).is_outdated
    left = tmp_path / "bundles" / f"replaced-batch-{number}-csv"  # by a kill while it was removed
    (left / "parts").mkdir(parents=True)
    await asyncio.gather(*(start_bundle(press, store, number, "csv") for _ in range(3)))
    await wait_until_ready(office, store, "press", number)
    written = await get_bundle(press, store, number, "csv")
    assert written.manifest is not None
    assert (written.is_outdated, written.manifest["encrypted_for"]) == (
        False,
        [str(new.to_public())],
    )
    part, _ = store.get_file(written.batch, "csv", written.manifest["parts"][0]["file"])
    assert b"HTTPS://" in pyrage.decrypt(part.read_bytes(), [new])
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(part.read_bytes(), [lost])
    assert not left.exists()
    entries = await office.ledger.audit.list_after()
    assert len([one for one in entries if one.action == "bundle.prepare"]) == 2
    await store.close()


async def test_ten_jobs_of_one_print_house_do_not_delay_the_first_of_another(
    office: Office, tmp_path: Path
) -> None:
    store = open_store(office, tmp_path / "bundles")
    many = [await office.issue_batch(1500) for _ in range(10)]
    one = await office.issue_batch(60, print_house="in-hanoi")
    for number in many:
        await start_bundle(office.context("press"), store, number, "csv")
    await start_bundle(office.context("other-press"), store, one, "csv")
    await wait_until_ready(office, store, "other-press", one)
    states = [(await get_bundle(office.context("press"), store, n, "csv")).state for n in many]
    assert states[5:] == ["writing"] * 5
    for number in many:
        await wait_until_ready(office, store, "press", number)
    await store.close()


@pytest.mark.long
async def test_one_long_job_lets_that_of_another_print_house_pass(
    office: Office, tmp_path: Path
) -> None:
    store = open_store(office, tmp_path / "bundles")
    long = await office.issue_batch(60_000)
    short = await office.issue_batch(60, print_house="in-hanoi")
    await start_bundle(office.context("press"), store, long, "csv")
    for _ in range(1000):
        if (await get_bundle(office.context("press"), store, long, "csv")).done:
            break
        await asyncio.sleep(0.01)
    await start_bundle(office.context("other-press"), store, short, "csv")
    await wait_until_ready(office, store, "other-press", short)
    status = await get_bundle(office.context("press"), store, long, "csv")
    assert (status.state, status.done < status.total) == ("writing", True)
    await store.close()
    # What was written is kept: another desk resumes it.
    reopened = open_store(office, tmp_path / "bundles")
    await start_bundle(office.context("press"), reopened, long, "csv")
    await wait_until_ready(office, reopened, "press", long)
    await reopened.close()


async def test_bundles_rendered_at_once_are_those_rendered_alone(
    office: Office, tmp_path: Path
) -> None:
    one, two = await office.issue_batch(90), await office.issue_batch(90, print_house="in-hanoi")
    found: list[dict[str, bytes]] = []
    for threads in (1, 2):
        folder = tmp_path / str(threads)
        store = BundleStore(
            office.ledger,
            office.issuer,
            folder,
            scheme="https",
            part_size=30,
            rendering_threads=threads,
        )
        for who, number in (("press", one), ("other-press", two)):
            for form in FORMATS:
                await start_bundle(office.context(who), store, number, form)
                if threads == 1:
                    await wait_until_ready(office, store, who, number, form)
        for who, number in (("press", one), ("other-press", two)):
            for form in FORMATS:
                await wait_until_ready(office, store, who, number, form)
        await store.close()
        found.append(read_all(folder))
    assert found[0] == found[1]
    assert len(found[0]) == 2 * len(FORMATS) * 5


async def test_the_place_in_the_queue_is_told(office: Office, tmp_path: Path) -> None:
    store = open_store(office, tmp_path / "bundles")
    numbers = [await office.issue_batch(3000) for _ in range(3)]
    foreign = await office.issue_batch(3000, print_house="in-hanoi")
    press = office.context("press")
    with store.slots.hold():  # none is written
        placed = [await start_bundle(press, store, number, "csv") for number in numbers]
        assert [(one.ahead, one.others) for one in placed] == [(0, 0), (1, 0), (2, 0)]
        other = await start_bundle(office.context("other-press"), store, foreign, "csv")
        assert (other.ahead, other.others) == (0, 1)
        assert (await get_bundle(press, store, numbers[2], "csv")).others == 1
        await store.close()


async def test_a_restart_forgets_no_bundle_and_keeps_their_order(
    office: Office, tmp_path: Path
) -> None:
    store = open_store(office, tmp_path / "bundles")
    press = office.context("press")
    numbers = [await office.issue_batch(3000) for _ in range(3)]
    reported = await office.issue_batch(10)
    with store.slots.hold():  # none is written
        for number in (numbers[2], numbers[0], numbers[1], reported):
            await start_bundle(press, store, number, "csv")
        await store.close()
    await apply_typed_report(press, reported, TypedReport(True, "0-9"), "k")
    reopened = open_store(office, tmp_path / "bundles")
    assert await reopened.resume() == 3
    waiting = [(await get_bundle(press, reopened, n, "csv")).ahead for n in numbers]
    assert waiting == [1, 2, 0]
    for number in numbers:
        await wait_until_ready(office, reopened, "press", number)
    await reopened.close()
    last = open_store(office, tmp_path / "bundles")
    assert await last.resume() == 0
    await last.close()
