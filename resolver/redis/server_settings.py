"""Whether the settings of a Redis fit what it is used for: all such checks are here.

- Evidence (histories, used tokens, the stream of scans) must stay: no eviction, and an append-only
  file. `check_evidence_settings`, at the start and with every check of history and journal.
- The counts of networks must not stay: nothing on disk. `check_volatile`, at the start.

A server tells by `INFO`, which managed services allow too; they refuse `CONFIG`. In a cluster every
master is asked.
"""

import asyncio
from typing import Final, NamedTuple

import structlog
from prometheus_client.core import GaugeMetricFamily

from resolver.errors import MemoryPersists, RedisEvicts, RedisForgets
from resolver.redis.errors import RedisRefused
from resolver.redis.store import RedisStore

_KEEPS: Final = "noeviction"

_log = structlog.get_logger(__name__)


class ServerSettings(NamedTuple):
    """Settings of one server; None where it does not tell."""

    eviction: str | None
    """`maxmemory-policy`."""
    append_only: bool | None
    """Whether it writes an append-only file."""


class EvidenceSettings:
    """The settings of the servers that keep scan histories or the journal.

    Without an append-only file a restart loses what was answered, or brings an old history back.
    `loss_accepted` takes that; it is logged and shown in the metrics. Eviction is never taken.
    """

    def __init__(self, store: RedisStore, *, loss_accepted: bool) -> None:
        self._store = store
        self._loss_accepted = loss_accepted
        self._risk = ""
        """Why answered scans may be lost although nothing failed; empty if they may not."""

    @property
    def at_risk(self) -> bool:
        """Whether answered scans may be lost, by the servers' last replies."""
        return bool(self._risk)

    async def check_at_start(self) -> None:
        """`check`, unless the servers do not answer yet: then the checks of a running service do.

        Raises `RedisEvicts`, `RedisForgets`.
        """
        try:
            await self.check()
        except ConnectionError as error:
            _log.warning("settings of redis not checked yet", why=str(error))

    async def check(self) -> None:
        """Raise `RedisEvicts` or `RedisForgets` if a setting can lose answered scans.

        A server that does not tell is believed, which is logged. Raises ConnectionError.
        """
        told = await read_settings(self._store)
        risks = set()
        for one in told:
            if one.eviction not in (None, _KEEPS):
                self._risk = "eviction"
                raise RedisEvicts(policy=one.eviction)
            if one.append_only is False and not self._loss_accepted:
                self._risk = "no append-only file"
                raise RedisForgets
            if one.append_only is False:
                risks.add("no append-only file, accepted by redis_loss_accepted")
            elif None in one:
                risks.add("unknown: the server does not tell its settings")
        risk = "; ".join(sorted(risks))
        if risk and risk != self._risk:
            _log.warning("redis may lose answered scans", why=risk)
        self._risk = risk


def to_family(settings: dict[str, EvidenceSettings]) -> GaugeMetricFamily:
    """The risk of each use of Redis as Prometheus takes it."""
    family = GaugeMetricFamily(
        "veritem_redis_may_lose_scans",
        "1 while the settings of Redis can lose answered scans, or are unknown",
        labels=["dependency"],
    )
    for name, one in settings.items():
        family.add_metric([name], float(one.at_risk))
    return family


async def read_settings(store: RedisStore) -> list[ServerSettings]:
    """The settings of every master. Raises ConnectionError."""
    return list(await asyncio.gather(*(_read(store, tag) for tag in await store.get_tags())))


async def check_volatile(store: RedisStore) -> None:
    """Raise `MemoryPersists` if a Redis says that it writes to disk.

    A server that does not tell, or does not answer yet, is believed.
    """
    try:
        if any(one.append_only for one in await read_settings(store)):
            raise MemoryPersists
        # Only CONFIG tells when snapshots are due.
        for tag in await store.get_tags():
            told = await store.call(b"{%b}" % tag, b"CONFIG", b"GET", b"save")
            if told and told[1]:
                raise MemoryPersists
    except (ConnectionError, RedisRefused):
        return


async def _read(store: RedisStore, tag: bytes) -> ServerSettings:
    memory, persistence = await asyncio.gather(
        *(_read_section(store, tag, section) for section in (b"memory", b"persistence"))
    )
    append_only = persistence.get("aof_enabled")
    return ServerSettings(
        eviction=memory.get("maxmemory_policy"),
        append_only=None if append_only is None else append_only == "1",
    )


async def _read_section(store: RedisStore, tag: bytes, section: bytes) -> dict[str, str]:
    """A section of INFO; empty if the server refuses it. Raises ConnectionError."""
    try:
        told: bytes = await store.call(b"{%b}" % tag, b"INFO", section)
    except RedisRefused:
        return {}
    pairs = (line.partition(":") for line in told.decode(errors="replace").splitlines())
    return {name: value for name, separator, value in pairs if separator}
