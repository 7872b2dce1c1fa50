"""Readiness says what a scan meets: a full disk, a failed file system, a Redis without memory."""

import asyncio
import fcntl
import os
import struct
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from detection.rules import Rules
from ledger import Ledger, open_ledger
from ledger.storage.storage_errors import StorageReadOnly
from resolver.current_rules import CurrentRules
from resolver.recorder.recorder import Recorder
from resolver.redis import open_store
from tests.ledger.scans.test_scans import numbered
from tests.resolver.house import HANOI, House, a_house, code_of
from tests.servers import PostgresServer, RedisServer

_SHUT_DOWN = 0x8004587D
"""EXT4_IOC_SHUTDOWN: the file system answers EIO from then on, as after its disk has failed."""
_RECOVERY_SECONDS = 10  # two or three on a quiet machine


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """An ext4 file system of its own."""
    image, place = folder / "image", folder / "disk"
    with image.open("wb") as file:
        file.truncate(megabytes << 20)
    place.mkdir()
    subprocess.run(["mkfs.ext4", "-q", "-m", "0", str(image)], check=True)
    mounted = subprocess.run(
        ["mount", "-o", "loop", str(image), str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no right to mount a file system")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def fill(file: Path) -> None:
    with file.open("wb", buffering=0) as filler:
        for size in (1 << 20, 4096):
            try:
                while filler.write(b"x" * size):
                    pass
            except OSError:
                pass


async def until_ready(house: House, status: int) -> dict[str, str]:
    async with asyncio.timeout(_RECOVERY_SECONDS):
        while True:
            answer = await house.get("/health/ready")
            if answer.status == status:
                told: dict[str, str] = await answer.json()
                return told
            await asyncio.sleep(0.1)


async def scan(house: House, index: int) -> int:
    return (await house.scan(code_of(house.batches.active, index), HANOI)).status


@pytest.fixture(autouse=True)
def quick_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resolver.dependency_health.CHECK_SECONDS", 0.2)
    monkeypatch.setattr("resolver.journal.append_check._TRY_SECONDS", 0.5)


async def test_a_full_and_a_failed_disk_are_not_ready_before_anybody_scans(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    store = open_store(redis_server.url(9))
    await store.ready()
    with small_disk(tmp_path, 12) as disk, capture_logs() as log:
        async with a_house(disk) as house, await open_ledger(f"sqlite:///{disk}/ledger.db") as own:
            recorder = Recorder(store, own, CurrentRules(Rules()), group_size=10)
            async with recorder.health.running():
                assert await scan(house, 1) == 200
                fill(disk / "filler")
                assert (await until_ready(house, 503))["journal"] == "down"
                await until(lambda: recorder.health.is_up("ledger"), False)
                # Scans and checks take turns; none passes and readiness does not waver.
                for index in range(2, 8):
                    assert await scan(house, index) == 503
                    assert (await house.get("/health/ready")).status == 503
                (disk / "filler").unlink()
                await until_ready(house, 200)
                await until(lambda: recorder.health.is_up("ledger"), True)
                assert [await scan(house, index) for index in range(2, 8)] == [200] * 6
                shut_down(disk)
                assert (await until_ready(house, 503))["journal"] == "down"
                await until(lambda: recorder.health.is_up("ledger"), False)
                for index in range(8, 60):
                    assert await scan(house, index) == 503
    await store.close()
    assert len([line for line in log if line["log_level"] == "error"]) < 15, log


async def test_a_ledger_that_was_replaced_is_not_ready_and_takes_no_scan(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with capture_logs() as log:
        async with a_house(tmp_path) as house:
            assert await scan(house, 1) == 200
            code = code_of(house.batches.active, 2)
            token = await house.token(code)  # later the page too is 503, once its batch is stale
            aside = path.rename(tmp_path / "aside.db")
            assert (await house.confirm(code, token)).status == 503
            path.write_bytes(aside.read_bytes())  # an old copy
            assert (await house.confirm(code, token)).status == 503
            assert (await until_ready(house, 503))["journal"] == "down"
            aside.rename(path)
            await until_ready(house, 200)
            assert (await house.confirm(code, token)).status == 200
    said = [line for line in log if "removed or replaced" in str(line.get("why"))]
    assert 1 <= len(said) <= 3, log


async def test_a_redis_without_memory_for_more_scans_is_not_ready(tmp_path: Path) -> None:
    with RedisServer() as redis:
        async with a_house(tmp_path, history=redis.url(), journal=redis.url()) as house:
            assert await scan(house, 1) == 200
            leave_memory(redis, 80 * 1024)
            told = await until_ready(house, 503)
            assert (told["history"], told["journal"]) == ("down", "down")
            # A small write passes, so a check that is one would not see it.
            assert redis.cli("set", "small", "1", "px", "1") == "OK"
            leave_memory(redis, -80 * 1024)
            for index in range(2, 5):
                assert await scan(house, index) == 503
                assert (await house.get("/health/ready")).status == 503
            redis.cli("config", "set", "maxmemory", "0")
            await until_ready(house, 200)
            assert await scan(house, 2) == 200


async def test_a_redis_whose_disk_is_full_is_not_ready_before_anybody_scans(tmp_path: Path) -> None:
    with (
        small_disk(tmp_path, 4) as disk,
        RedisServer(dir=str(disk), appendfsync="everysec") as redis,
    ):
        async with a_house(tmp_path, history=redis.url(), journal=redis.url()) as house:
            assert await scan(house, 1) == 200
            fill(disk / "filler")
            assert (await until_ready(house, 503))["journal"] == "down"
            assert await scan(house, 2) == 503
            assert (await house.get("/health/ready")).status == 503
            (disk / "filler").unlink()
            await until_ready(house, 200)
            assert await scan(house, 2) == 200


def leave_memory(redis: RedisServer, left: int) -> None:
    """Let a server have so many bytes more than it uses."""
    told = dict(line.split(":") for line in redis.cli("info", "memory").split() if ":" in line)
    redis.cli("config", "set", "maxmemory", str(int(told["used_memory"]) + left))


def shut_down(place: Path) -> None:
    directory = os.open(place, os.O_RDONLY)
    try:
        fcntl.ioctl(directory, _SHUT_DOWN, struct.pack("I", 2))  # without flushing its log
    finally:
        os.close(directory)


async def until(read: Callable[[], bool], value: bool) -> None:
    async with asyncio.timeout(_RECOVERY_SECONDS):
        while read() is not value:  # noqa: ASYNC110 - another task
            await asyncio.sleep(0.05)


@pytest.fixture(params=["sqlite", "postgresql"])
async def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Ledger]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'ledger.db'}"
    else:
        url = request.getfixturevalue("postgres").database()
    async with await open_ledger(url) as opened:
        await opened.migrate()
        yield opened


async def test_the_check_of_the_ledger_stores_nothing(ledger: Ledger) -> None:
    await ledger.scans.append([numbered(1)])
    before = await read_counts(ledger)
    for _ in range(2):
        await ledger.scans.check_append(numbered(1).at)
    assert await read_counts(ledger) == before
    assert await ledger.scans.count() == 1


async def read_counts(ledger: Ledger) -> object:
    return (
        await ledger.scans.count_by_day(date(1970, 1, 1), date(2100, 1, 1)),
        await ledger.scans.list_batch_days([0, numbered(1).batch]),
    )


async def test_the_check_of_the_ledger_writes_the_pages_of_a_scan(tmp_path: Path) -> None:
    async with await open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}") as ledger:
        await ledger.migrate()
        wal = tmp_path / "ledger.db-wal"
        sizes = [wal.stat().st_size]
        await ledger.scans.append([numbered(1)])
        sizes.append(wal.stat().st_size)
        await ledger.scans.check_append(numbered(1).at)
        sizes.append(wal.stat().st_size)
    assert sizes[2] - sizes[1] >= sizes[1] - sizes[0] > 0


async def test_a_ledger_that_became_read_only_fails_its_check(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    file = f"sqlite:///{tmp_path / 'ledger.db'}"
    async with await open_ledger(file) as ledger:
        await ledger.migrate()
    server = postgres.database()
    async with await open_ledger(server) as ledger:
        await ledger.migrate()
    name = server.rpartition("/")[2]
    postgres.sql(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    for url in (f"{file}?mode=ro", server):
        async with await open_ledger(url) as ledger:
            with pytest.raises(StorageReadOnly):
                await ledger.scans.check_append(numbered(1).at)
