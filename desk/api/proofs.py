"""`/api/v1/batches/{batch}/proofs`: photos and scans of printed sheets."""

from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, Field

from desk.api.call import ApiCall
from desk.api.routing import ApiRoutes
from issuer import UnfinishedBatch
from ledger import PrintProof
from ledger.errors import UnknownBatch, UnknownRow
from printing.errors import ProofUnreadable
from printing.proofs.inspection import MOST_BYTES
from services.batches import print_proofs
from services.batches.print_proofs import ProofFindings, ProofsLimited, StatedSheet
from services.errors import InvalidInput
from services.permissions import Permission

routes = ApiRoutes("bundles")


class ProofDocument(BaseModel):
    """A proof of a printed sheet."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    batch: int
    actor: str
    at: datetime
    good: bool
    symbols: int
    picture: str
    """Address of the sheet's picture, on which no code can be read."""
    findings: ProofFindings | None = None


class SheetQuery(BaseModel):
    """The first and the last stamp of the sheet: then one that is missing at an edge is found."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    first: str = Field("", max_length=40, description="A serial number, or an index in the batch")
    last: str = Field("", max_length=40, description="As `first`")


class ProofListDocument(BaseModel):
    """The newest proofs of a batch, without findings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    proofs: list[ProofDocument]


@routes.add(
    "POST",
    "batches/{batch}/proofs",
    permissions=(Permission.PRINT_REPORT,),
    status=201,
    media=("image/jpeg", "image/png", "application/pdf"),
    has_key=True,
    errors=(UnknownBatch, UnfinishedBatch, InvalidInput, ProofUnreadable, ProofsLimited),
    limit=MOST_BYTES,
)
async def add_proof(call: ApiCall, batch: int, query: SheetQuery, body: bytes) -> ProofDocument:
    """Judge a photo, a scan or a one-page PDF of a printed sheet, and keep what it showed."""
    stated = StatedSheet(query.first, query.last)
    judged = await print_proofs.add_proof(
        call.context, call.runtime.proofs, batch, body, call.key, stated
    )
    return _describe(judged.proof, judged.findings)


@routes.add(
    "GET",
    "batches/{batch}/proofs",
    permissions=(Permission.BATCH_SEE,),
    errors=(UnknownBatch,),
)
async def list_proofs(call: ApiCall, batch: int) -> ProofListDocument:
    """List the newest proofs of a batch."""
    found = await print_proofs.list_proofs(call.context, batch)
    return ProofListDocument(proofs=[_describe(one) for one in found])


@routes.add(
    "GET",
    "batches/{batch}/proofs/{proof}",
    permissions=(Permission.BATCH_SEE,),
    errors=(UnknownBatch, UnknownRow),
)
async def show_proof(call: ApiCall, batch: int, proof: str) -> ProofDocument:
    """Show what a proof showed, symbol by symbol."""
    judged = await print_proofs.get_proof(call.context, batch, proof)
    return _describe(judged.proof, judged.findings)


def _describe(proof: PrintProof, findings: ProofFindings | None = None) -> ProofDocument:
    return ProofDocument(
        id=proof.id,
        batch=proof.batch,
        actor=proof.actor,
        at=datetime.fromtimestamp(proof.at / 1000, UTC),
        good=proof.is_good,
        symbols=proof.symbols,
        picture=f"/batches/{proof.batch}/proofs/{proof.id}/picture",
        findings=findings,
    )
