"""Answered scans are kept whatever happens to the process."""

import asyncio
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from ledger import open_ledger
from resolver import AlreadyServed, ResolverSettings
from resolver.history.process_lock import ProcessLock
from stamps.lifecycle import Transition
from tests.resolver.house import JSON, code_of, furnished, transition
from tests.resolver.process import Process


@pytest.fixture
def settings(tmp_path: Path) -> ResolverSettings:
    return ResolverSettings(ledger=f"sqlite:///{tmp_path / 'ledger.db'}", port=0, admin_port=0)


async def test_after_kill_9_every_answered_scan_is_in_the_ledger_and_the_history(
    tmp_path: Path, settings: ResolverSettings
) -> None:
    batch = (await furnished(tmp_path / "ledger.db")).active
    codes = [code_of(batch, index) for index in range(20)]
    process = Process(settings)
    answered: Counter[str] = Counter()
    used: list[dict[str, Any]] = []

    async def shopper(session: aiohttp.ClientSession, start: int) -> None:
        for turn in range(10_000):
            code = codes[(start + turn) % len(codes)]
            async with session.get(f"{process.url}/S/{code}", headers=JSON) as page:
                token = (await page.json())["token"]
            body = {"code": code, "token": token, "place": {"province": "66"}}
            async with session.post(f"{process.url}/v1/scans", json=body) as answer:
                if answer.status == 200:
                    answered[code] += 1
                    used.append(body)

    async with aiohttp.ClientSession() as session:
        shoppers = [asyncio.create_task(shopper(session, start)) for start in range(16)]
        async with asyncio.timeout(60):
            while answered.total() <= 100:  # noqa: ASYNC110 - another process answers
                await asyncio.sleep(0.05)
        process.kill()
        await asyncio.gather(*shoppers, return_exceptions=True)

    again = Process(settings)
    try:
        async with (
            await open_ledger(settings.ledger) as ledger,
            aiohttp.ClientSession() as session,
        ):
            for index, code in enumerate(codes):
                kept = len(await ledger.scans.list_of_stamp(batch, index))
                async with session.get(f"{again.url}/S/{code}", headers=JSON) as page:
                    shown = (await page.json())["history"]["scans"]
                # One scan may have been committed and not answered when the process died.
                assert answered[code] <= kept == shown
            for body in used[-20:]:  # the rebuilt history knows the used tokens
                async with session.post(f"{again.url}/v1/scans", json=body) as answer:
                    assert (answer.status, (await answer.json())["type"]) == (
                        409,
                        "/problems/used-token",
                    )
    finally:
        assert again.end() == 0


async def test_a_second_resolver_on_the_same_ledger_is_refused_clearly(
    tmp_path: Path, settings: ResolverSettings
) -> None:
    await furnished(tmp_path / "ledger.db")
    first = Process(settings)
    second = Process(settings, wait=False)
    try:
        _, errors = await asyncio.to_thread(second.child.communicate, timeout=20)
        assert second.child.returncode == 1
        assert f"process {first.child.pid}" in errors
        assert "memory://" in errors
    finally:
        assert first.end() == 0
    third = Process(settings)  # the lock ended with its holder
    assert third.end() == 0


def test_the_lock_belongs_to_one_holder_until_it_is_released(tmp_path: Path) -> None:
    keeper = ProcessLock(tmp_path / "ledger.db")
    (tmp_path / "linked.db").symlink_to(tmp_path / "ledger.db")
    for name in ("ledger.db", "linked.db"):
        with pytest.raises(AlreadyServed, match="another resolver"):
            ProcessLock(tmp_path / name)
    keeper.release()
    ProcessLock(tmp_path / "ledger.db").release()


async def test_a_recall_by_another_process_is_seen_within_a_second(
    tmp_path: Path, settings: ResolverSettings
) -> None:
    batch = (await furnished(tmp_path / "ledger.db")).active
    process = Process(settings)
    url = f"{process.url}/S/{code_of(batch, 1)}"
    try:
        async with aiohttp.ClientSession(headers=JSON) as session:
            async with session.get(url) as before:
                assert (await before.json())["state"] == "activated"
            async with await open_ledger(settings.ledger) as ledger:
                await transition(ledger, batch, Transition.RECALL, reason="food-safety")
            await asyncio.sleep(0.9)
            async with session.get(url) as after:
                assert (await after.json())["verdict"] == "recalled"
    finally:
        process.end()


async def test_sigterm_finishes_requests_under_way(
    tmp_path: Path, settings: ResolverSettings
) -> None:
    await furnished(tmp_path / "ledger.db")
    # The answer to an unknown code is held back for two seconds.
    process = Process(settings.model_copy(update={"unknown_code_seconds": 2.0}))
    async with aiohttp.ClientSession(headers=JSON) as session:
        asked = asyncio.create_task(session.get(f"{process.url}/S/{'0' * 20}"))
        await asyncio.sleep(1.0)
        process.child.send_signal(signal.SIGTERM)
        assert (await asked).status == 404
    # Another SIGTERM would kill the interpreter while it exits.
    assert process.wait() == 0


async def test_metrics_are_on_the_admin_port_only(
    tmp_path: Path, settings: ResolverSettings
) -> None:
    batch = (await furnished(tmp_path / "ledger.db")).active
    process = Process(settings)
    try:
        async with aiohttp.ClientSession() as session:
            await session.get(f"{process.url}/S/{code_of(batch, 1)}")
            async with session.get(f"{process.url}/metrics") as public:
                assert public.status == 404
            async with session.get(f"{process.admin_url}/metrics") as admin:
                metrics = await admin.text()
        assert 'veritem_visits_total{verdict="expired"} 1.0' in metrics  # the lot is of September
        assert "veritem_answer_seconds_bucket" in metrics
        assert "veritem_connections 1.0" in metrics
        for name in ("refused", "expired", "evicted"):
            assert f"veritem_connections_{name}_total 0.0" in metrics
    finally:
        process.end()
