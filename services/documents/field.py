"""JSON documents of field checks."""

from ledger.field_snapshots import StoredSnapshot
from services.documents.models import Document, Timestamp
from stamps.timestamps import format_rfc3339


class SnapshotDocument(Document):
    """A snapshot of void, suspended and recalled codes."""

    version: int
    base: int
    """The full snapshot that it extends; its own version if it is full."""
    made_at: Timestamp
    codes: int
    """Codes on the list."""
    size: int
    """Bytes of the file."""


def describe_snapshot(snapshot: StoredSnapshot) -> SnapshotDocument:
    """The document of a snapshot."""
    return SnapshotDocument(
        version=snapshot.version,
        base=snapshot.base,
        made_at=format_rfc3339(snapshot.at),
        codes=snapshot.codes,
        size=snapshot.size,
    )
