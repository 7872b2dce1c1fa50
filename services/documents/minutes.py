"""JSON documents of the minutes of an inspection."""

from collections.abc import Mapping
from typing import Any

from ledger.alerts.case_minutes import MinutesVersion
from services.documents.models import Document, Timestamp
from stamps.timestamps import format_rfc3339


class MinutesDocument(Document):
    """Minutes of a case: the last version, or a draft from the case (`version` 0)."""

    version: int
    fields: dict[str, str]
    evidence: dict[str, Any] | None
    sha256: str | None
    """Of the canonical JSON of fields and evidence."""
    saved_by: str | None
    saved_at: Timestamp | None


def describe_minutes(fields: Mapping[str, str], last: MinutesVersion | None) -> MinutesDocument:
    """The document of these fields; `last` is the version that they were saved as."""
    return MinutesDocument(
        version=0 if last is None else last.version,
        fields=dict(fields),
        evidence=None if last is None else dict(last.evidence),
        sha256=None if last is None else last.sha256,
        saved_by=None if last is None else last.actor,
        saved_at=None if last is None else format_rfc3339(last.at),
    )
