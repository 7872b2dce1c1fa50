"""JSON documents of evidence for registered codes."""

from typing import Literal

from ledger.codes.code_evidence import EvidenceAct, EvidenceKind, EvidencePiece
from services.documents.models import Document, Timestamp
from stamps.timestamps import format_rfc3339


class EvidenceStepDocument(Document):
    """What became of a piece: who did it, when and why."""

    act: EvidenceAct
    at: Timestamp
    by: str
    reason: str | None


class EvidenceDocument(Document):
    """A picture or sensor file of a place, as its sender sent it: nobody checked what it shows."""

    id: str
    code: str
    """The registered code of the place."""
    at: Timestamp
    """When it was attached."""
    by: str
    """Who attached it."""
    organisation: str | None
    """The sender's organisation."""
    kind: EvidenceKind
    shows_from: str
    """The first day that it shows, in Vietnam; with a time of day where it is known."""
    shows_until: str
    maker: str | None
    """The organisation that made it, where it is known here."""
    media_type: str
    """Told by the content of the file."""
    size: int
    sha256: str
    """SHA-256 (hex) of the file as it was sent."""
    has_picture: bool
    """Whether a re-encoded copy is shown."""
    is_public: bool
    """Whether the sender lets consumers be told of it."""
    condition: Literal["kept", "released", "withdrawn", "erased"]
    source: str | None
    """Who made it, in the sender's words; null once it is erased."""
    licence: str | None
    original: str | None
    """Where the original is, in the sender's words."""
    note: str | None
    steps: list[EvidenceStepDocument]


def describe_evidence(piece: EvidencePiece) -> EvidenceDocument:
    """The document of a piece."""
    texts = piece.texts
    return EvidenceDocument(
        id=piece.id,
        code=piece.code,
        at=format_rfc3339(piece.at),
        by=piece.actor,
        organisation=piece.organisation,
        kind=piece.kind,
        shows_from=piece.shows_from,
        shows_until=piece.shows_until,
        maker=piece.maker,
        media_type=piece.media_type,
        size=piece.size,
        sha256=piece.sha256,
        has_picture=piece.picture is not None and texts is not None,
        is_public=piece.is_public,
        condition=piece.condition,
        source=texts.source if texts else None,
        licence=texts.licence if texts else None,
        original=texts.original if texts else None,
        note=texts.note if texts else None,
        steps=[
            EvidenceStepDocument(
                act=step.act, at=format_rfc3339(step.at), by=step.actor, reason=step.reason
            )
            for step in piece.steps
        ],
    )
