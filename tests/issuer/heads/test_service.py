"""Pushes follow the ledger, fail without stopping a write, and are repeated."""

import asyncio
from pathlib import Path

from structlog.testing import capture_logs

from issuer.heads.place import HeadPlace
from issuer.heads.places import FolderPlace
from issuer.heads.run import run_service
from issuer.heads.service import HeadService
from ledger import Ledger
from ledger.audit.known_heads import UnreadableHeads, read_heads
from tests.insider import open_insider
from tests.issuer.heads.receivers import run_collector
from tests.issuer.heads.signing import KEY, open_signer
from tests.ledger.conftest import Clock
from tests.ledger.world import activated
from tests.resolver.redis.test_roles import until_true


class Pauses:
    """Sleeps shortly, whatever was asked for, and keeps what was asked."""

    def __init__(self) -> None:
        self.asked: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)
        await asyncio.sleep(0.01)


async def age(service: HeadService, place: HeadPlace) -> float:
    name = f'veritem_chain_head_age_seconds{{place="{place.name}"}} '
    text = (await service.metrics.render()).decode()
    return float(next(line for line in text.splitlines() if line.startswith(name)).split()[1])


async def test_a_place_that_is_away_blocks_no_write_and_no_other_place(
    ledger: Ledger, tmp_path: Path, clock: Clock
) -> None:
    folder, pauses = FolderPlace(tmp_path / "place"), Pauses()
    keys = KEY.public_keys()
    async with run_collector() as collector:
        with capture_logs() as logs, open_signer(tmp_path / "heads", clock) as signer:
            places = [folder, collector.place]
            service = HeadService(ledger, signer, places, clock, interval_seconds=1, sleep=pauses)
            collector.fail()
            async with run_service(service):
                await activated(ledger)
                due = await ledger.transitions.get_head()
                await until_true(lambda: has_head(tmp_path / "place", due))
                await until_true(lambda: 4.0 in pauses.asked)  # 1, 2, 4: tried again, ever later
                clock.now += 60_000
                await until_true(lambda: signer.state.places[folder.name].failure is None)
                assert await age(service, collector.place) >= 60
                failed = signer.state.places[collector.place.name]
                assert failed.failure == "it answered 503"
                waiting = signer.state.list_due(collector.place.name)
                assert waiting[-1].statement.heads["transitions"] == due
                collector.work()
                await until_true(lambda: not signer.state.list_due(collector.place.name))
                await until_true(lambda: signer.state.pending == [])
            found = read_heads(collector.save(tmp_path), keys).in_force
            assert found[-1].statement.heads["transitions"] == due
    events = [log["event"] for log in logs]
    assert events.count("chain heads are not pushed") == 1
    assert events.count("chain heads are pushed again") == 1


def has_head(folder: Path, head: tuple[int, str]) -> bool:
    try:
        known = read_heads(folder, KEY.public_keys())
    except UnreadableHeads:  # the folder is there before its first head
        return False
    return known.in_force[-1].statement.heads["transitions"] == head


async def test_heads_of_a_process_that_died_are_pushed_by_the_next(
    ledger: Ledger, tmp_path: Path, clock: Clock
) -> None:
    with open_signer(tmp_path / "heads", clock) as signer:
        signed = await signer.sign(ledger)  # and dies before the push
        assert signed
    place = FolderPlace(tmp_path / "place")
    with open_signer(tmp_path / "heads", clock) as signer:
        service = HeadService(ledger, signer, [place], clock, interval_seconds=1, sleep=Pauses())
        async with run_service(service):
            await until_true(
                lambda: has_head(tmp_path / "place", signed.statement.heads["transitions"])
            )
            await until_true(lambda: signer.state.pending == [])
    assert read_heads(tmp_path / "place", KEY.public_keys()).in_force == [signed]


async def test_a_mailbox_gets_the_heads_of_its_pause_at_once(
    ledger: Ledger, tmp_path: Path, clock: Clock
) -> None:
    place, pauses = FolderPlace(tmp_path / "place"), Pauses()
    place.pause_seconds = 3600.0
    with open_signer(tmp_path / "heads", clock) as signer:
        service = HeadService(ledger, signer, [place], clock, interval_seconds=1, sleep=pauses)
        async with run_service(service):
            await until_true(lambda: signer.state.places[place.name].pushed_at is not None)
            clock.now += 600_000
            await activated(ledger)
            await until_true(lambda: 3000.0 in pauses.asked)


async def test_a_rewritten_history_is_said_once_and_its_age_grows(
    ledger: Ledger, url: str, tmp_path: Path, clock: Clock
) -> None:
    await activated(ledger)
    place = FolderPlace(tmp_path / "place")
    with capture_logs() as logs, open_signer(tmp_path / "heads", clock) as signer:
        service = HeadService(ledger, signer, [place], clock, interval_seconds=1, sleep=Pauses())
        async with run_service(service):
            head = await ledger.transitions.get_head()
            await until_true(lambda: has_head(tmp_path / "place", head))
            with open_insider(url) as insider:
                insider.sql("UPDATE transitions SET actor = 'another' WHERE seq = 2")
                insider.reseal()
            await until_true(lambda: signer.state.refusal is not None)
            clock.now += 60_000
            await until_true(lambda: len([log for log in logs if log["log_level"] == "error"]) == 1)
            assert await age(service, place) >= 60
            assert b"veritem_chain_heads_refused 1.0" in await service.metrics.render()
    said = [log for log in logs if log["event"] == "chain heads are not signed"]
    assert len(said) == 1
    assert "transitions 2 is not the row that was signed" in said[0]["why"]
