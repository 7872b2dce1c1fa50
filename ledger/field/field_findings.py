"""Findings of inspectors in the field: what was found on a stamp, or on an address like ours.

A finding, its photos and its entry in the audit log are written together or not at all. What was
found never changes; how it was handled is added once.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, get_args

from sqlalchemy import RowMapping, insert, select, update

from ledger import schema
from ledger.chains.chained_rows import record_audit
from ledger.errors import KeyReused, UnknownRow
from ledger.storage.store import Store, uncancellable

OPEN: Final = "open"
HANDLED: Final = "handled"
FINDING_STATES: Final = (OPEN, HANDLED)
FindingKind = Literal["lookalike", "copy", "signature", "goods", "damage", "other"]
"""An address like ours · a suspected copy · a signature that is not valid · other goods than the
record says · a damaged or moved label · something else."""
FINDING_KINDS: Final[tuple[FindingKind, ...]] = get_args(FindingKind)
FindingWish = Literal["investigate", "suspend", "recall"]
"""What the inspector wants done."""
WISHES: Final[tuple[FindingWish, ...]] = get_args(FindingWish)
MOST_SHOWN: Final = 50
_TABLE: Final = schema.field_findings


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A finding; times are milliseconds, UTC."""

    id: str
    at: int
    """Time when it arrived."""
    found_at: int
    actor: str
    phone: str | None = None
    kind: str
    batch: int | None = None
    """The batch of the stamp; None for a code or address that is none of ours."""
    idx: int | None = None
    typed: str
    """Text of the symbol, or what was typed."""
    host: str | None = None
    """Host that the symbol names, where it is none of ours."""
    note: str | None = None
    lat: float | None = None
    lon: float | None = None
    """The place to 0.01°, if it was given."""
    province: str | None = None
    answer: str | None = None
    """What the phone said without a network."""
    wish: str | None = None
    outcome: str | None = None
    """What became of a suspension that was wished: `done`, or `conflict`, which is a task."""
    state: str = OPEN
    handled_by: str | None = None
    handled_at: int | None = None
    handled_note: str | None = None

    @property
    def stamp(self) -> tuple[int, int] | None:
        """Batch and index of the stamp."""
        return None if self.batch is None or self.idx is None else (self.batch, self.idx)


class FieldFindings:
    """The findings of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    async def find_sent(self, id_: str, request: str) -> Finding | None:
        """A finding that was recorded before; None for a new one.

        Raises `KeyReused` where the same id was recorded with other content.
        """
        async with self._store.read() as connection:
            query = select(_TABLE).where(_TABLE.c.id == id_)
            row = (await connection.execute(query)).mappings().one_or_none()
        if row is not None and row["request"] != request:
            raise KeyReused(key=id_)
        return None if row is None else _read(row)

    @uncancellable
    async def add(self, finding: Finding, request: str, photos: Sequence[bytes] = ()) -> Finding:
        """Record a finding with photos (JPEG); the same one again answers the first.

        Raises `KeyReused`.
        """
        digests = [hashlib.sha256(photo).hexdigest() for photo in photos]
        async with self._store.write() as connection:
            query = select(_TABLE).where(_TABLE.c.id == finding.id)
            known = (await connection.execute(query)).mappings().one_or_none()
            if known is not None:
                if known["request"] != request:
                    raise KeyReused(key=finding.id)
                return _read(known)
            await connection.execute(insert(_TABLE).values(**asdict(finding), request=request))
            if photos:
                await connection.execute(
                    insert(schema.finding_photos),
                    [
                        {"finding": finding.id, "place": place, "sha256": digest, "picture": photo}
                        for place, (photo, digest) in enumerate(zip(photos, digests, strict=True))
                    ],
                )
            await record_audit(
                connection,
                at=finding.at,
                actor=finding.actor,
                action="field.finding",
                subject=f"field_findings:{finding.id}",
                details={
                    "kind": finding.kind,
                    "stamp": None if finding.stamp is None else list(finding.stamp),
                    "host": finding.host,
                    "wish": finding.wish,
                    "outcome": finding.outcome,
                    "photos": digests,
                },
            )
        return finding

    async def get(self, id_: str) -> Finding:
        """A finding. Raises `UnknownRow`."""
        async with self._store.read() as connection:
            query = select(_TABLE).where(_TABLE.c.id == id_)
            row = (await connection.execute(query)).mappings().one_or_none()
        if row is None:
            raise UnknownRow(kind="finding", id=id_)
        return _read(row)

    async def list_of_stamp(self, batch: int, index: int) -> list[Finding]:
        """The newest findings about a stamp, the newest first."""
        query = (
            select(_TABLE)
            .where(_TABLE.c.batch == batch, _TABLE.c.idx == index)
            .order_by(_TABLE.c.found_at.desc(), _TABLE.c.id)
            .limit(MOST_SHOWN)
        )
        async with self._store.read() as connection:
            return [_read(row) for row in (await connection.execute(query)).mappings()]

    async def list_photos(self, findings: Collection[str]) -> dict[str, list[str]]:
        """The SHA-256 (hex) of each photo of these findings, by finding, in order."""
        photos = schema.finding_photos.c
        query = select(photos.finding, photos.sha256).where(photos.finding.in_(findings))
        listed: dict[str, list[str]] = defaultdict(list)
        async with self._store.read() as connection:
            for finding, digest in await connection.execute(
                query.order_by(photos.finding, photos.place)
            ):
                listed[finding].append(digest)
        return listed

    async def get_photo(self, id_: str, place: int) -> bytes:
        """A photo (JPEG) of a finding. Raises `UnknownRow`."""
        photos = schema.finding_photos.c
        async with self._store.read() as connection:
            picture: bytes | None = await connection.scalar(
                select(photos.picture).where(photos.finding == id_, photos.place == place)
            )
        if picture is None:
            raise UnknownRow(kind="photo", id=f"{id_}/{place}")
        return picture

    @uncancellable
    async def handle(self, id_: str, note: str, *, actor: str, at: int | None = None) -> Finding:
        """Close a finding with a note; a second time answers the first. Raises `UnknownRow`."""
        at = self._clock() if at is None else at
        async with self._store.write() as connection:
            query = select(_TABLE).where(_TABLE.c.id == id_)
            row = (await connection.execute(query)).mappings().one_or_none()
            if row is None:
                raise UnknownRow(kind="finding", id=id_)
            if row["state"] == OPEN:
                await connection.execute(
                    update(_TABLE)
                    .where(_TABLE.c.id == id_)
                    .values(state=HANDLED, handled_by=actor, handled_at=at, handled_note=note)
                )
                await record_audit(
                    connection,
                    at=at,
                    actor=actor,
                    action="field.handle",
                    subject=f"field_findings:{id_}",
                    details={"note": note},
                )
                row = (await connection.execute(query)).mappings().one()
            return _read(row)


def _read(row: RowMapping) -> Finding:
    return Finding(**{name: row[name] for name in _FIELDS})


_FIELDS: Final = tuple(Finding.__slots__)


def finding_from_row(row: Mapping[str, Any]) -> Finding:
    """The finding that a row of a list holds."""
    return Finding(**{name: row[name] for name in _FIELDS})
