"""Evidence for registered codes: pictures and sensor files of a place, as somebody sent them.

A piece names its file by the SHA-256 of the bytes that were sent; the file is stored before the
piece is written. A piece never changes. Acts are added to it: it is released for the public,
withdrawn with a reason, and erased by law. Erasure removes the texts and the file, and keeps who
sent which hash when. The audit log has every act, and the digest of each piece.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal, get_args

from sqlalchemy import ColumnElement, RowMapping, Select, delete, exists, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.chains.chained_rows import record_audit, record_row_change
from ledger.chains.hash_chain import digest_json
from ledger.cursor_pages import Key, sort_descending
from ledger.errors import EvidenceFull, EvidenceState, KeyReused, UnknownRow
from ledger.storage.row_lists import split_parts
from ledger.storage.store import Store, uncancellable

EvidenceKind = Literal["satellite", "drone", "radar", "sensor", "other"]
EVIDENCE_KINDS: Final[tuple[EvidenceKind, ...]] = get_args(EvidenceKind)
EvidenceAct = Literal["released", "withdrawn", "erased"]
EvidenceCondition = Literal["kept", "released", "withdrawn", "erased"]
KIND: Final = "evidence"
MOST_OF_CODE: Final = 500
"""Pieces of one code, withdrawn ones too: what a count of them may cost."""
_PART: Final = 500
"""Hashes named in one statement."""
_PIECES: Final = schema.code_evidence
_TEXTS: Final = schema.evidence_texts
_ACTS: Final = schema.evidence_acts
_CODES: Final = schema.registered_codes.c
_WAITING: Final = schema.evidence_waiting
_HAS_ERASED: Final = exists().where(_ACTS.c.evidence == _PIECES.c.id, _ACTS.c.act == "erased")


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceTexts:
    """What the sender says of a file; it is erased with the file."""

    source: str
    """Who made it, in words."""
    licence: str | None = None
    original: str | None = None
    """Where the original is: an address or a number in a catalogue."""
    note: str | None = None

    @property
    def sha256(self) -> str:
        """Digest of the texts, which the piece keeps."""
        return digest_json(asdict(self))


@dataclass(frozen=True, slots=True)
class EvidenceStep:
    """One act on a piece; `at` is milliseconds, UTC."""

    act: EvidenceAct
    at: int
    actor: str
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidencePiece:
    """One piece of evidence; `at` is milliseconds, UTC."""

    id: str
    code: str
    at: int
    actor: str
    organisation: str | None
    """The sender's."""
    kind: EvidenceKind
    shows_from: str
    """The first day that it shows, with a time of day where it is known, in Vietnam (ISO 8601)."""
    shows_until: str
    maker: str | None = None
    """The organisation that made it, where it is known here."""
    media_type: str
    size: int
    sha256: str
    """SHA-256 (hex) of the file as it was sent."""
    picture: str | None = None
    """SHA-256 (hex) of the re-encoded copy that is shown; None for what is no picture."""
    is_public: bool = False
    """Whether its sender lets the public be told of it."""
    texts: EvidenceTexts | None
    """None once it is erased."""
    steps: Sequence[EvidenceStep] = field(default=())

    def find_step(self, act: EvidenceAct) -> EvidenceStep | None:
        """The act of this kind, if it took place."""
        return next((step for step in self.steps if step.act == act), None)

    @property
    def condition(self) -> EvidenceCondition:
        """What the acts make of it."""
        for act in ("erased", "withdrawn", "released"):
            if self.find_step(act):
                return act
        return "kept"


@dataclass(frozen=True, slots=True)
class PublicEvidence:
    """What the public is told of a released piece."""

    kind: str
    shows_from: str
    shows_until: str
    source: str


class CodeEvidence:
    """The evidence of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    async def find_sent(self, id_: str, request: str) -> EvidencePiece | None:
        """Return a piece that was attached before; None for a new one. Raises `KeyReused`."""
        async with self._store.read() as connection:
            return await _find_sent(connection, id_, request)

    @uncancellable
    async def attach(self, piece: EvidencePiece, request: str) -> EvidencePiece:
        """Write a piece whose file is stored; the same one again answers the first.

        Raises `KeyReused`, `EvidenceFull`.
        """
        assert piece.texts is not None  # noqa: S101 - a new piece has texts
        values = asdict(piece)
        texts = values.pop("texts")
        del values["steps"]
        async with self._store.write() as connection:
            known = await _find_sent(connection, piece.id, request)
            if known is not None:
                return known
            count = select(func.count()).where(_PIECES.c.code == piece.code)
            if (await connection.scalar(count) or 0) >= MOST_OF_CODE:
                raise EvidenceFull(most=MOST_OF_CODE)
            await connection.execute(
                insert(_PIECES).values(**values, texts_sha256=piece.texts.sha256, request=request)
            )
            await connection.execute(insert(_TEXTS).values(evidence=piece.id, **texts))
            if piece.is_public:
                province = select(_CODES.province).where(_CODES.code == piece.code)
                waits = {
                    "evidence": piece.id,
                    "at": piece.at,
                    "province": province.scalar_subquery(),
                }
                await connection.execute(insert(_WAITING).values(waits))
            told = ("code", "kind", "size", "media_type", "is_public", "organisation")
            await record_row_change(
                connection,
                _PIECES,
                piece.id,
                at=piece.at,
                actor=piece.actor,
                action="evidence.attach",
                details={**{name: values[name] for name in told}, "file": piece.sha256},
            )
        return piece

    async def get(self, id_: str) -> EvidencePiece:
        """Return a piece. Raises `UnknownRow`."""
        async with self._store.read() as connection:
            return await _get(connection, id_)

    async def find_page(
        self, code: str, *, after: Key | None = None, limit: int
    ) -> list[EvidencePiece]:
        """Return the pieces of a code, newest first, after the key `(at, id)`."""
        columns = (_PIECES.c.at, _PIECES.c.id)
        query = sort_descending(_select().where(_PIECES.c.code == code), columns, after, limit)
        async with self._store.read() as connection:
            return await _load(connection, query)

    async def find_waiting(
        self, province: str | None, *, after: Key | None = None, limit: int
    ) -> list[EvidencePiece]:
        """Return the pieces that wait for their release, newest first, after `(at, id)`.

        `province` is that of their codes; None asks for those of all.
        """
        query = _select().join(_WAITING, _WAITING.c.evidence == _PIECES.c.id)
        if province is not None:
            query = query.where(_WAITING.c.province == province)
        columns = (_WAITING.c.at, _WAITING.c.evidence)
        async with self._store.read() as connection:
            return await _load(connection, sort_descending(query, columns, after, limit))

    async def count(self, codes: Collection[str]) -> Mapping[str, int]:
        """Return how many pieces of each code are not withdrawn; codes without any are left out."""
        withdrawn = exists().where(_ACTS.c.evidence == _PIECES.c.id, _ACTS.c.act == "withdrawn")
        counts: dict[str, int] = {}
        wanted = sorted(codes)
        for part in split_parts(wanted, _PART):
            query = (
                select(_PIECES.c.code, func.count().label("pieces"))
                .where(_PIECES.c.code.in_(part), ~withdrawn)
                .group_by(_PIECES.c.code)
            )
            async with self._store.read() as connection:
                counts |= {row.code: row.pieces for row in await connection.execute(query)}
        return counts

    @uncancellable
    async def release(self, id_: str, *, actor: str) -> EvidencePiece:
        """Let the public be told of a piece; again changes nothing.

        Raises `UnknownRow`, `EvidenceState`.
        """
        return await self._act(id_, EvidenceStep("released", self._clock(), actor))

    @uncancellable
    async def withdraw(self, id_: str, reason: str, *, actor: str) -> EvidencePiece:
        """Withdraw a piece; it stays, with the reason. Again changes nothing.

        Raises `UnknownRow`, `EvidenceState`.
        """
        return await self._act(id_, EvidenceStep("withdrawn", self._clock(), actor, reason))

    @uncancellable
    async def erase(self, id_: str, reason: str, *, actor: str) -> EvidencePiece:
        """Erase the texts of a withdrawn piece; again changes nothing.

        The caller removes the file afterwards, unless `list_kept` has it. Raises `UnknownRow`,
        `EvidenceState`.
        """
        return await self._act(id_, EvidenceStep("erased", self._clock(), actor, reason))

    async def list_kept(self, hashes: Collection[str]) -> set[str]:
        """Return those of these hashes that a piece names which is not erased."""
        return await self._search(hashes, ~_HAS_ERASED)

    async def list_erased(self, hashes: Collection[str]) -> set[str]:
        """Return those of these hashes that erased pieces name, and no other."""
        erased = await self._search(hashes, _HAS_ERASED)
        return erased - await self.list_kept(erased)

    async def list_files(self) -> set[str]:
        """Return the hashes of all files that are kept; it reads every piece, for a rehearsal."""
        kept: set[str] = set()
        after = ""
        while True:
            query = select(_PIECES.c.id, _PIECES.c.sha256, _PIECES.c.picture).where(
                _PIECES.c.id > after, ~_HAS_ERASED
            )
            async with self._store.read() as connection:
                rows = (await connection.execute(query.order_by(_PIECES.c.id).limit(_PART))).all()
            kept.update(digest for row in rows for digest in (row.sha256, row.picture) if digest)
            if len(rows) < _PART:
                return kept
            after = rows[-1].id

    async def find_public(self, codes: Collection[str]) -> Mapping[str, PublicEvidence]:
        """Return the newest released piece of each code, as the public is told of it."""
        found: dict[str, PublicEvidence] = {}
        async with self._store.read() as connection:
            for code in sorted(codes):  # a lot names two or three
                row = (await connection.execute(_select_public(code))).one_or_none()
                if row is not None:
                    found[code] = PublicEvidence(*row)
        return found

    async def _search(self, hashes: Collection[str], which: ColumnElement[bool]) -> set[str]:
        """Return those of these hashes that a piece names for which a condition holds."""
        found: set[str] = set()
        wanted = sorted(hashes)
        for part in split_parts(wanted, _PART):
            named = or_(_PIECES.c.sha256.in_(part), _PIECES.c.picture.in_(part))
            query = select(_PIECES.c.sha256, _PIECES.c.picture).where(named, which)
            async with self._store.read() as connection:
                for row in await connection.execute(query):
                    found.update(set(row) & set(part))
        return found

    async def _act(self, id_: str, step: EvidenceStep) -> EvidencePiece:
        async with self._store.write() as connection:
            piece = await _get(connection, id_)
            if piece.find_step(step.act):
                return piece
            _check_act(piece, step.act)
            await connection.execute(insert(_ACTS).values(evidence=id_, **asdict(step)))
            await connection.execute(delete(_WAITING).where(_WAITING.c.evidence == id_))
            if step.act == "erased":
                await connection.execute(delete(_TEXTS).where(_TEXTS.c.evidence == id_))
            verb = {"released": "release", "withdrawn": "withdraw", "erased": "erase"}[step.act]
            await record_audit(
                connection,
                at=step.at,
                actor=step.actor,
                action=f"evidence.{verb}",
                subject=f"code_evidence:{id_}",
                details={"code": piece.code, "file": piece.sha256, "reason": step.reason},
            )
            return await _get(connection, id_)


def _check_act(piece: EvidencePiece, act: EvidenceAct) -> None:
    """Raise `EvidenceState` where the state of a piece does not allow an act."""
    allowed = {
        "released": piece.condition == "kept" and piece.is_public,
        "withdrawn": piece.condition in ("kept", "released"),
        "erased": piece.condition == "withdrawn",
    }
    if not allowed[act]:
        state = "not for the public" if act == "released" and not piece.is_public else None
        raise EvidenceState(id=piece.id, state=state or piece.condition, act=act)


def _select() -> Select[Any]:
    return select(_PIECES, _TEXTS).outerjoin(_TEXTS, _TEXTS.c.evidence == _PIECES.c.id)


def _select_public(code: str) -> Select[Any]:
    def has(act: EvidenceAct) -> Any:
        return exists().where(_ACTS.c.evidence == _PIECES.c.id, _ACTS.c.act == act)

    return (
        select(_PIECES.c.kind, _PIECES.c.shows_from, _PIECES.c.shows_until, _TEXTS.c.source)
        .join(_TEXTS, _TEXTS.c.evidence == _PIECES.c.id)
        .where(_PIECES.c.code == code, _PIECES.c.is_public, has("released"), ~has("withdrawn"))
        .order_by(_PIECES.c.at.desc(), _PIECES.c.id.desc())
        .limit(1)
    )


async def _find_sent(connection: AsyncConnection, id_: str, request: str) -> EvidencePiece | None:
    query = select(_PIECES.c.request).where(_PIECES.c.id == id_)
    known = await connection.scalar(query)
    if known is None:
        return None
    if known != request:
        raise KeyReused(key=id_)
    return await _get(connection, id_)


async def _get(connection: AsyncConnection, id_: str) -> EvidencePiece:
    found = await _load(connection, _select().where(_PIECES.c.id == id_))
    if not found:
        raise UnknownRow(kind=KIND, id=id_)
    return found[0]


async def _load(connection: AsyncConnection, query: Select[Any]) -> list[EvidencePiece]:
    rows = (await connection.execute(query)).mappings().all()
    acts = select(_ACTS).where(_ACTS.c.evidence.in_([row["id"] for row in rows]))
    steps: dict[str, list[EvidenceStep]] = {}
    for row in await connection.execute(acts.order_by(_ACTS.c.at)):
        steps.setdefault(row.evidence, []).append(
            EvidenceStep(row.act, row.at, row.actor, row.reason)
        )
    return [_read(row, steps.get(row["id"], ())) for row in rows]


def _read(row: RowMapping, steps: Sequence[EvidenceStep]) -> EvidencePiece:
    derived = ("texts", "steps")
    values = {name: row[name] for name in EvidencePiece.__dataclass_fields__ if name not in derived}
    texts = None
    if row["evidence"] is not None:
        texts = EvidenceTexts(**{name: row[name] for name in EvidenceTexts.__dataclass_fields__})
    return EvidencePiece(**values, texts=texts, steps=tuple(steps))
