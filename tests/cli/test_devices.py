"""`veritem staff devices`: add, enrol over HTTP into a private file, scan, revoke."""

import asyncio
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cli.device_key import DeviceKey
from cli.sign_ins import SignIns
from ledger import Device, open_ledger
from tests.cli.conftest import Veritem
from tests.desk.running_desk import RunningDesk, running_desk
from tests.resolver.enrolled.device import HOUR_MS, enrol
from tests.resolver.house import House, a_house, code_of


@contextmanager
def beside(opened: object) -> Iterator[object]:
    """Run an asynchronous context in a thread: commands have loops of their own."""
    started, ends = threading.Event(), threading.Event()
    held: list[object] = []

    async def hold() -> None:
        async with opened as made:  # type: ignore[attr-defined]
            held.append(made)
            started.set()
            await asyncio.to_thread(ends.wait)

    thread = threading.Thread(target=lambda: asyncio.run(hold()))
    thread.start()
    assert started.wait(20)
    try:
        yield held[0]
    finally:
        ends.set()
        thread.join(20)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[RunningDesk]:
    (tmp_path / "desk").mkdir()
    with beside(running_desk(tmp_path / "desk")) as made:
        assert isinstance(made, RunningDesk)
        yield made


@pytest.fixture
def configured(veritem: Veritem, desk: RunningDesk, tmp_path: Path) -> Veritem:
    """Commands that work on the ledger of the running desk."""
    url = desk.dependencies.settings.ledger
    (tmp_path / "veritem.toml").write_text(f'[ledger]\nurl = "{url}"\n', "utf-8")

    async def create_token() -> str:
        async with await open_ledger(url) as ledger:
            _, text = await ledger.tokens.create(
                "tri", label="test", actor="tri", expires_at=2**50, kind="command-line"
            )
            return text

    SignIns(url).store_token("tri", asyncio.run(create_token()))
    return veritem


def test_a_device_is_added_enrolled_listed_and_revoked(
    configured: Veritem, desk: RunningDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    added = configured("staff", "devices", "add", "thanh", "--label", "Máy quét", "--json")
    assert added.status == 0, added.err
    code = added.json["enrolment_code"]
    # The test desk's clock stands in September 2026; the code is from the real one.
    desk.clock.now = 0
    key = tmp_path / "device.jwk"
    where = ("--desk", desk.url, "--key", str(key), "--json")
    wrong = configured("staff", "devices", "enrol", "0000-0000-0000", *where)
    assert (wrong.status, "409" in wrong.refusal["message"]) == (1, True), wrong.err
    # The key waits in its file, and the next attempt uses it.
    waiting = orjson.loads(key.read_bytes())
    enrolled = configured("staff", "devices", "enrol", code.lower(), *where)
    assert enrolled.status == 0, enrolled.err
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    kept = orjson.loads(key.read_bytes())
    assert kept == waiting | {"kid": added.json["id"]}
    assert kept["d"] not in enrolled.out + enrolled.err
    again = configured("staff", "devices", "enrol", code, *where)
    assert (again.status, "name another file" in again.refusal["message"]) == (1, True)
    [listed] = configured("staff", "devices", "list", "--json").json["devices"]
    assert (listed["id"], listed["account"], listed["state"]) == (kept["kid"], "thanh", "enrolled")
    shown = configured("staff", "devices", "list", "thanh")
    assert "Máy quét" in shown.out
    revoked = configured("staff", "devices", "revoke", kept["kid"], "--json")
    assert revoked.json["state"] == "revoked"
    assert configured("staff", "devices", "revoke", "0" * 12, "--json").status == 1


def test_only_inspectors_and_the_authority_have_devices(configured: Veritem) -> None:
    refused = configured("staff", "devices", "add", "mai", "--json")
    assert (refused.status, refused.refusal["error"]) == (1, "invalid-input")
    assert configured("staff", "devices", "add", "nobody", "--json").status == 1


def test_an_enrolled_device_scans(
    veritem: Veritem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "house").mkdir()
    with beside(a_house(tmp_path / "house")) as house:
        assert isinstance(house, House)
        now = house.clock()
        monkeypatch.setattr("cli.devices.now_ms", lambda: now)

        async def enrol_device() -> tuple[Device, bytes]:
            async with await open_ledger(house.dependencies.settings.ledger) as ledger:
                made = await enrol(ledger, now - HOUR_MS)
                return await ledger.devices.get(made.id), made.key.private_bytes_raw()

        device, raw = asyncio.run(enrol_device())
        key = tmp_path / "device.jwk"
        DeviceKey(Ed25519PrivateKey.from_private_bytes(raw), device.id).save(key)
        address = f"https://veritem.vn/S/{code_of(house.batches.active, 1)}"
        where = ("--resolver", house.serving.url, "--key", str(key), "--json")
        scanned = veritem(
            "staff", "devices", "scan", address, *where, "--lat", "21.0285", "--lon", "105.8542"
        )
        assert scanned.status == 0, scanned.err
        assert (scanned.json["verdict"], scanned.json["recorded"]) == ("authentic", True)
        half = veritem("staff", "devices", "scan", address, *where, "--lat", "21.0")
        assert half.status == 1

        async def find_via() -> list[tuple[str, str | None]]:
            async with await open_ledger(house.dependencies.settings.ledger) as ledger:
                rows = await ledger.scans.list_of_stamp(house.batches.active, 1)
                return [(row.via, row.province) for row in rows]

        assert asyncio.run(find_via()) == [("inspector", "01")]


def test_a_file_that_is_no_key_and_a_desk_that_is_not_there(
    veritem: Veritem, tmp_path: Path
) -> None:
    key = tmp_path / "x.jwk"
    key.write_text("{}")
    scan = ("staff", "devices", "scan", "0" * 20, "--resolver", "http://127.0.0.1:9", "--json")
    refused = veritem(*scan, "--key", str(key))
    assert (refused.status, "not the key of a device" in refused.refusal["message"]) == (1, True)
    away = ("--desk", "http://127.0.0.1:9", "--key", str(tmp_path / "y.jwk"), "--json")
    refused = veritem("staff", "devices", "enrol", "0000-0000-0000", *away)
    assert (refused.status, "does not answer" in refused.refusal["message"]) == (1, True)
    assert "not enrolled yet" in veritem(*scan, "--key", str(tmp_path / "y.jwk")).err
