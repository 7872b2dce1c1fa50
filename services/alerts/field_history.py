"""What inspectors did about a stamp in the field: their checks, their findings, the photos."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ledger.field.field_findings import Finding
from services.context import ServiceContext
from stamps import serial_range

CHECK_ACTION: Final = "field.check"
"""The action of a check in the audit log; its subject is what `name_stamp` returns."""
MOST_CHECKS: Final = 50


@dataclass(frozen=True, slots=True)
class FieldCheck:
    """One check of a stamp: who looked at its record, and the state that it had."""

    at: int
    actor: str
    result: str


@dataclass(frozen=True, slots=True)
class FindingFile:
    """A finding with the SHA-256 (hex) of each of its photos, in order."""

    finding: Finding
    photos: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class FieldHistory:
    """The newest checks and findings of a stamp, the newest first."""

    checks: Sequence[FieldCheck] = ()
    findings: Sequence[FindingFile] = ()


def name_stamp(batch: int, index: int) -> str:
    """The subject of a check in the audit log."""
    return f"stamp:{serial_range.format_serial_range(batch, index, index + 1)}"


async def find_field_history(context: ServiceContext, stamp: tuple[int, int]) -> FieldHistory:
    """The history of a stamp that the actor sees."""
    ledger = context.ledger
    entries = await ledger.audit.list_of_subject(
        name_stamp(*stamp), action=CHECK_ACTION, limit=MOST_CHECKS
    )
    return FieldHistory(
        [FieldCheck(one.at, one.actor, str(one.details.get("result", ""))) for one in entries],
        await add_photos(context, await ledger.field_findings.list_of_stamp(*stamp)),
    )


async def add_photos(context: ServiceContext, findings: Sequence[Finding]) -> list[FindingFile]:
    """Findings with the hashes of their photos."""
    if not findings:
        return []
    photos = await context.ledger.field_findings.list_photos([one.id for one in findings])
    return [FindingFile(one, photos.get(one.id, ())) for one in findings]
