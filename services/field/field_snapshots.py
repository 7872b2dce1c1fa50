"""Field snapshots: made where the opening keys live, and given to the phones of inspectors.

A snapshot has the codes of void, suspended and recalled stamps. A phone asks for what it lacks: the
newest delta, and the full snapshot that it extends if the phone has another one.
"""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog

from issuer import Issuer
from issuer.field_snapshot import sign_snapshot
from ledger import Ledger
from ledger.errors import UnknownRow
from ledger.field.field_snapshots import StoredSnapshot
from services.context import ServiceContext
from services.permissions import Permission, require_permission
from stamps.errors import VeritemError
from stamps.fuse_filter import build_filter
from stamps.listed_codes import (
    CodeRange,
    expand_ranges,
    make_marks,
)
from stamps.stamp_ranges import count_stamps, subtract_ranges
from stamps.timestamps import format_rfc3339

_log: Final = structlog.get_logger()

MAKER: Final = "field-snapshots"
"""The actor of the snapshots that the desk makes by itself."""
_POLL_SECONDS: Final = 60
_HOUR_MS: Final = 3_600_000
FULL_MS: Final = 24 * _HOUR_MS
"""Age from which the next snapshot is a full one."""
OLD_MS: Final = 24 * _HOUR_MS
"""Age from which a phone warns."""
EXPIRY_MS: Final = 7 * 24 * _HOUR_MS
"""Age from which a phone says nothing about the list."""
MOST_LEFT: Final = 100_000
"""Codes that left the list which a delta marks; more make a full snapshot."""
_LARGEST_DELTA: Final = 0.25
"""Share of the full list that a delta may have."""


@dataclass(frozen=True, slots=True)
class SnapshotMaker:
    """Makes snapshots from the ledger, the issuer's keys, and the host that stamps name."""

    ledger: Ledger
    issuer: Issuer
    clock: Callable[[], int]
    host: str
    """The host that symbols of new batches name; those of earlier batches are ours too."""
    scheme: str = "https"

    async def run(self, every_ms: int) -> None:
        """Keep a fresh snapshot until cancelled; a ledger that fails is tried again."""
        while True:
            try:
                await self.keep_fresh(MAKER, every_ms)
            except VeritemError as error:
                _log.warning("no field snapshot was made", why=str(error))
            await asyncio.sleep(_POLL_SECONDS)

    async def make(self, actor: str, *, full: bool = False) -> StoredSnapshot:
        """Make the next snapshot: a delta where one is small, else a full one.

        It follows from the ledger, so it is no decision and asks for no permission; whoever holds
        the issuer's keys can make it. Raises `NoSigningKey`.
        """
        newest = await self.ledger.field_snapshots.find_newest()
        at = self.clock()
        ring = self.issuer.keys.ring
        listed = [
            one
            for one in await self.ledger.field_snapshots.list_listed()
            if one.epoch in ring.epochs  # codes of retired epochs are refused by their epoch
        ]
        version = 1 if newest is None else newest.version + 1
        base = None if full or newest is None else await self._find_base(newest, at)
        joined: Sequence[CodeRange] = listed
        left: Sequence[CodeRange] = ()
        if base is not None:
            known = await self.ledger.field_snapshots.get_ranges(base.version)
            joined, left = subtract_ranges(listed, known), subtract_ranges(known, listed)
            if (
                count_stamps(joined) > _LARGEST_DELTA * base.codes
                or count_stamps(left) > MOST_LEFT
                or any(one.epoch not in ring.epochs for one in left)
            ):
                base, joined, left = None, listed, ()
        content = {
            "version": version,
            "base": version if base is None else base.version,
            "made_at": format_rfc3339(at),
            "old_at": format_rfc3339(at + OLD_MS),
            "expires_at": format_rfc3339(at + EXPIRY_MS),
            "hosts": sorted({self.host.upper(), *await self.ledger.field_snapshots.list_hosts()}),
            "scheme": self.scheme,
            "epochs": list(ring.epochs),
            "keys": self.issuer.signer.public_keys().to_jwks()["keys"],
            "codes": count_stamps(listed),
        }
        file = await asyncio.to_thread(self._write, content, joined, left)
        stored = StoredSnapshot(version, content["base"], at, content["codes"], len(file))
        is_stored = await self.ledger.field_snapshots.add(
            stored,
            file,
            actor=actor,
            sha256=hashlib.sha256(file).hexdigest(),
            ranges=listed if stored.is_full else None,
        )
        if not is_stored:  # another process made one meanwhile
            return await self.ledger.field_snapshots.find_newest() or stored
        return stored

    async def keep_fresh(self, actor: str, every_ms: int) -> StoredSnapshot | None:
        """Make a snapshot if the newest one is as old as `every_ms`; None where it is not."""
        newest = await self.ledger.field_snapshots.find_newest()
        if newest is not None and self.clock() - newest.at < every_ms:
            return None
        return await self.make(actor)

    def _write(
        self, content: dict[str, Any], joined: Sequence[CodeRange], left: Sequence[CodeRange]
    ) -> bytes:
        ring = self.issuer.keys.ring
        filter_ = build_filter(expand_ranges(joined, ring))
        marks = make_marks(expand_ranges(left, ring))
        return sign_snapshot(content, filter_, marks, self.issuer.signer, ring.newest)

    async def _find_base(self, newest: StoredSnapshot, at: int) -> StoredSnapshot | None:
        """The full snapshot that a delta may extend; None where it is too old."""
        base = await self.ledger.field_snapshots.find(newest.base)
        return None if base is None or at - base.at >= FULL_MS else base


async def find_newest(context: ServiceContext) -> StoredSnapshot | None:
    """The newest snapshot; None before the first. Raises `Forbidden`."""
    require_permission(context, Permission.FIELD_CHECK)
    return await context.ledger.field_snapshots.find_newest()


async def take_snapshot(context: ServiceContext, version: int) -> bytes:
    """The file of a snapshot. Raises `Forbidden`, and `UnknownRow` for one that is not kept."""
    require_permission(context, Permission.FIELD_CHECK)
    content = await context.ledger.field_snapshots.get_content(version)
    if content is None:
        raise UnknownRow(kind="field snapshot", id=version)
    return content
