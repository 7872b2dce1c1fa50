"""Settings of Redis that lose answered scans are refused at the start and end readiness."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from claims import open_in_process
from detection.rules import Rules
from ledger import open_ledger
from resolver import ResolverSettings, run_recorder, serve
from resolver.errors import RedisEvicts, RedisForgets
from resolver.redis import RedisStore, add_password, open_store
from resolver.redis.server_settings import EvidenceSettings, to_family
from tests.resolver.cluster import Cluster
from tests.resolver.house import PUBLIC
from tests.resolver.orchard import PINS, RING, SECRET
from tests.servers import RedisServer


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with RedisServer() as made:
        yield made


@pytest.fixture
async def store(server: RedisServer) -> AsyncIterator[RedisStore]:
    opened = open_store(server.url())
    await opened.ready()
    yield opened
    await opened.close()
    server.cli("config", "set", "maxmemory-policy", "noeviction")
    server.cli("config", "set", "appendonly", "yes")


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl"])
@pytest.mark.parametrize("loss_accepted", [False, True])
async def test_eviction_is_always_refused(
    server: RedisServer, store: RedisStore, policy: str, loss_accepted: bool
) -> None:
    settings = EvidenceSettings(store, loss_accepted=loss_accepted)
    await settings.check()
    server.cli("config", "set", "maxmemory-policy", policy)
    with pytest.raises(RedisEvicts, match=policy):
        await settings.check_at_start()
    assert settings.at_risk


async def test_a_redis_without_a_log_is_refused_unless_its_loss_is_accepted(
    server: RedisServer, store: RedisStore
) -> None:
    server.cli("config", "set", "appendonly", "no")
    with pytest.raises(RedisForgets, match="redis_loss_accepted"):
        await EvidenceSettings(store, loss_accepted=False).check_at_start()
    settings = EvidenceSettings(store, loss_accepted=True)
    with capture_logs() as log:
        for _ in range(3):
            await settings.check()
    assert [(line["event"], line["log_level"]) for line in log] == [
        ("redis may lose answered scans", "warning")
    ]
    assert [one.value for one in to_family({"journal": settings}).samples] == [1.0]
    server.cli("config", "set", "appendonly", "yes")
    await settings.check()
    assert [one.value for one in to_family({"journal": settings}).samples] == [0.0]


@pytest.mark.parametrize(("refused", "known"), [("-config", True), ("-info", False)])
async def test_a_managed_server_is_asked_by_info_and_said_to_be_unknown_without(
    server: RedisServer, store: RedisStore, refused: str, known: bool
) -> None:
    server.cli("acl", "setuser", "default", "resetpass", ">word", "+@all", refused)
    try:
        managed = open_store(add_password(server.url(), "word"))
        await managed.ready()
        settings = EvidenceSettings(managed, loss_accepted=False)
        with capture_logs() as log:
            await settings.check()
        await managed.close()
    finally:
        reset = ("acl", "setuser", "default", "nopass", "+@all")
        server.cli("-a", "word", "--no-auth-warning", *reset)
    assert settings.at_risk is not known
    assert ["unknown" in line["why"] for line in log] == ([] if known else [True])


async def test_every_master_of_a_cluster_is_asked() -> None:
    with Cluster() as cluster:
        store = open_store(cluster.url)
        await store.ready()
        settings = EvidenceSettings(store, loss_accepted=True)
        await settings.check()
        cluster.cli("config", "set", "maxmemory-policy", "allkeys-lru", server=2)
        with pytest.raises(RedisEvicts):
            await settings.check()
        await store.close()


def test_resolver_and_recorder_do_not_start_on_a_redis_that_evicts(
    server: RedisServer, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    asyncio.run(migrate(url))
    settings = ResolverSettings(
        ledger=url, journal=server.url(), port=0, admin_port=0, recorder_admin_port=0
    )
    server.cli("config", "set", "maxmemory-policy", "allkeys-lru")
    try:
        with pytest.raises(RedisEvicts):
            run_recorder(settings, Rules)
        with pytest.raises(RedisEvicts):
            serve(
                settings,
                keys=RING,
                open_claims=open_in_process(PINS),
                public_keys=PUBLIC,
                rules=Rules,
                secret=SECRET,
            )
    finally:
        server.cli("config", "set", "maxmemory-policy", "noeviction")


async def migrate(url: str) -> None:
    async with await open_ledger(url) as ledger:
        await ledger.migrate()
