"""Print proofs: a photo or scan of a printed sheet is judged on the spot and kept with its batch.

The picture is read in a process of its own (`printing.proofs.inspection`), in a rendering slot, so
proofs and bundles together use no more processors than they may. What is kept shows no code.
"""

import asyncio
import hashlib
import math
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
from pydantic import BaseModel, ConfigDict

from issuer import Issuer
from ledger import Batch, PrintProof
from printing import STANDARD_DESIGNS, PrintRun
from printing.proofs.inspection import InspectedSymbol, Inspection, run_inspector
from printing.proofs.judgement import (
    FINDINGS,
    MOST_ON_SHEET,
    Finding,
    Grade,
    ProofJudgement,
    ProofSymbol,
    judge,
)
from printing.proofs.measure import measure_contrast, measure_damage
from services import scope
from services.attempt_budget import AttemptBudget
from services.batches.rendering_slots import RenderingSlots
from services.context import ServiceContext
from services.errors import InvalidInput, SignInLimited
from services.permissions import Permission, require_permission
from services.ranges import parse_stamp_field
from stamps.code import parse_code
from stamps.errors import VeritemError
from traceability.stamp_reader import read_stamp

MOST_AT_ONCE: Final = 30
"""Proofs that one organisation may send in a row; one more every `REFILL_MS`."""
REFILL_MS: Final = 30_000
_MOST_WAITING: Final = 16
_LEAST_PIXELS: Final = 3.5
"""Pixels of a module below which sampling itself looks like damage."""
_RESTORED: Final = {"L": 0.07, "M": 0.15, "Q": 0.25, "H": 0.30}
"""Share of a symbol that each error level restores."""


class ProofsLimited(SignInLimited):
    """One organisation sent too many proofs; `seconds` says when to try again."""

    code = "proofs-limited"
    message = "too many proofs; try again in {seconds} seconds"


class SymbolFinding(BaseModel):
    """One symbol of a proof, in pixels of the sent picture."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    number: int
    """Place in reading order, from 1."""
    finding: Finding
    index: int | None
    grade: Grade | None
    """ISO/IEC 15415 grade, the lower of contrast and unused error correction."""
    contrast: float | None
    """Symbol contrast, 0 to 1; None where the picture is too coarse to measure."""
    damage: float | None
    """Share of the error correction that is used up."""
    corners: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class StatedSheet:
    """The first and the last stamp of a sheet, as a person types them; empty for unknown."""

    first: str = ""
    last: str = ""

    def parse(self, batch: Batch) -> range | None:
        """The indices of the sheet's stamps; None where nothing is stated.

        Raises `InvalidInput`, which names the field.
        """
        if not self.first and not self.last:
            return None
        for field, text in (("first", self.first), ("last", self.last)):
            if not text:
                raise InvalidInput(field=field, why="is missing", expected="missing")
        first = parse_stamp_field(self.first, "first", batch)
        last = parse_stamp_field(self.last, "last", batch)
        if last < first:
            raise InvalidInput(field="last", why="is before the first", least=first)
        if last - first >= MOST_ON_SHEET:
            why = f"a sheet has at most {MOST_ON_SHEET} stamps"
            raise InvalidInput(field="last", why=why, most=first + MOST_ON_SHEET - 1)
        return range(first, last + 1)


class ProofFindings(BaseModel):
    """Findings of a proof."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    width: int
    height: int
    counts: dict[str, int]
    """Symbols by finding."""
    missing: tuple[int, ...]
    """Stamps of the sheet that the picture does not show."""
    sheet: tuple[int, int] | None = None
    """The first and the last stamp of the sheet, where stated. Otherwise `missing` has the gaps
    between the stamps that were seen."""
    symbols: tuple[SymbolFinding, ...]


@dataclass(frozen=True, slots=True)
class JudgedProof:
    """A proof with its findings."""

    proof: PrintProof
    findings: ProofFindings


class ProofReader:
    """Reads proofs, few at a time; one for each process."""

    def __init__(self, slots: RenderingSlots, clock: Callable[[], int], *, scheme: str) -> None:
        self._slots = slots
        self._scheme = scheme
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="proof")
        self._waiting = 0
        self._budget = AttemptBudget(
            MOST_AT_ONCE, refill_ms=REFILL_MS, clock=clock, refusal=ProofsLimited
        )

    async def inspect(
        self, owner: Hashable, batch: Batch, issuer: Issuer, upload: bytes, sheet: range | None
    ) -> tuple[Inspection, ProofJudgement]:
        """Read and judge a proof of a batch. Raises `ProofsLimited`, `ProofUnreadable`."""
        self._budget.take(owner)
        if self._waiting >= _MOST_WAITING:
            raise ProofsLimited(seconds=REFILL_MS // 1000)
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(
                self._threads, self._work, batch, issuer, upload, sheet
            )
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Take no further proof."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _work(
        self, batch: Batch, issuer: Issuer, upload: bytes, sheet: range | None
    ) -> tuple[Inspection, ProofJudgement]:
        run = issuer.prepare_print_run(batch, scheme=self._scheme)
        encoder = STANDARD_DESIGNS[batch.grade].make_encoder(run.payload)
        with self._slots.hold():
            inspection = run_inspector(upload, encoder.modules)
        return inspection, judge(_compare_symbols(inspection.symbols, run, issuer), sheet)


async def add_proof(
    context: ServiceContext,
    reader: ProofReader,
    number: int,
    upload: bytes,
    key: str,
    stated: StatedSheet = StatedSheet(),
) -> JudgedProof:
    """Judge a photo, a scan or a one-page PDF of a printed sheet, and keep what it showed.

    The same key twice answers the first result again. Raises `Forbidden`, `KeyRequired`,
    `UnknownBatch`, `UnfinishedBatch`, `InvalidInput`, `ProofUnreadable`, `ProofsLimited`.
    """
    require_permission(context, Permission.PRINT_REPORT)
    scoped_key = context.scope_key(key)
    batch = await scope.find_batch(context, number)
    sheet = stated.parse(batch)
    actor = context.actor
    inspection, judgement = await reader.inspect(
        actor.organisation or actor.id, batch, context.require_issuer(), upload, sheet
    )
    findings = _describe(inspection, judgement, sheet)
    proof = await context.ledger.print_proofs.add(
        PrintProof(
            id=hashlib.sha256(f"{number}/{scoped_key}".encode()).hexdigest()[:24],
            batch=number,
            actor=actor.id,
            is_good=judgement.is_good,
            symbols=len(judgement.symbols),
            findings=findings.model_dump_json(),
            picture=inspection.backdrop,
        ),
        at=context.clock(),
    )
    return _parse(proof)


async def get_proof(context: ServiceContext, number: int, proof: str) -> JudgedProof:
    """A proof of a batch. Raises `Forbidden`, `UnknownBatch`, `UnknownRow`."""
    require_permission(context, Permission.BATCH_SEE)
    await scope.find_batch(context, number)
    return _parse(await context.ledger.print_proofs.find(number, proof))


async def list_proofs(context: ServiceContext, number: int) -> list[PrintProof]:
    """The newest proofs of a batch, without findings. Raises `Forbidden`, `UnknownBatch`."""
    require_permission(context, Permission.BATCH_SEE)
    await scope.find_batch(context, number)
    return await context.ledger.print_proofs.list_of_batch(number)


def _compare_symbols(
    symbols: tuple[InspectedSymbol, ...], run: PrintRun, issuer: Issuer
) -> list[ProofSymbol]:
    """Each symbol with what it is of the batch, compared with what should be printed."""
    encoder = STANDARD_DESIGNS[run.grade].make_encoder(run.payload)
    found = []
    for one in symbols:
        finding, index = _identify(one.text, run, issuer)
        contrast = damage = None
        across = math.dist(one.corners[0], one.corners[1]) / encoder.modules
        if finding == "good" and index is not None and across >= _LEAST_PIXELS:
            variable = run.stamps(index, index + 1).variable
            expected = encoder.encode_matrices(np.asarray(variable))[0]
            contrast = measure_contrast(one.modules)
            damage = measure_damage(one.modules, expected, _RESTORED[encoder.level])
        found.append(ProofSymbol(one.corners, finding, index, contrast, damage))
    return found


def _identify(text: str, run: PrintRun, issuer: Issuer) -> tuple[Finding, int | None]:
    """Return the relation of a symbol's text to the batch, and the index of its stamp."""
    if not text:
        return "unreadable", None
    try:
        stamp = issuer.keys.ring.open(parse_code(read_stamp(text).code))
    except VeritemError:
        return "unknown", None
    if stamp.batch != run.batch or not run.lo <= stamp.index < run.hi:
        return "other-batch", None
    # The whole text, with host and signature, must be what the code list says.
    is_same = run.compose_text(stamp.index) == text
    return ("good" if is_same else "altered"), stamp.index


def _describe(
    inspection: Inspection, judgement: ProofJudgement, sheet: range | None
) -> ProofFindings:
    return ProofFindings(
        width=inspection.width,
        height=inspection.height,
        counts={one: judgement.count(one) for one in FINDINGS if judgement.count(one)},
        missing=judgement.missing,
        sheet=None if sheet is None else (sheet[0], sheet[-1]),
        symbols=tuple(
            SymbolFinding(
                number=number,
                finding=one.finding,
                index=one.index,
                grade=one.grade,
                contrast=None if one.contrast is None else round(one.contrast, 3),
                damage=None if one.damage is None else round(one.damage, 3),
                corners=one.corners,
            )
            for number, one in enumerate(judgement.symbols, 1)
        ),
    )


def _parse(proof: PrintProof) -> JudgedProof:
    return JudgedProof(proof, ProofFindings.model_validate_json(proof.findings))
