"""Evidence as an entry of the scan stream: a JSON object; fields without a value are left out."""

from typing import Any, Final

import orjson

from ledger import ScanRow
from resolver.journal.port import Evidence
from stamps.errors import VeritemError

VERSION: Final = 2


class UnreadableEvidence(VeritemError):
    """An entry of the stream that this version can not read."""

    code = "unreadable-evidence"
    message = "not evidence: {why}"


def encode_evidence(evidence: Evidence) -> bytes:
    """Encode evidence for the stream."""
    fields: dict[str, Any] = {
        name: value for name, value in evidence.scan._asdict().items() if value is not None
    }
    fields["id"] = evidence.scan.id.hex()
    return orjson.dumps({"version": VERSION, "alert": evidence.alert, "scan": fields})


def decode_evidence(entry: bytes) -> Evidence:
    """Decode an entry of the stream. Raises `UnreadableEvidence`."""
    try:
        document: dict[str, Any] = orjson.loads(entry)
        if document["version"] != VERSION:
            raise UnreadableEvidence(why=f"version {document['version']}")
        fields: dict[str, Any] = document["scan"]
        fields["id"] = bytes.fromhex(fields["id"])
        fields["reasons"] = tuple(fields["reasons"])
        return Evidence(ScanRow(**fields), bool(document["alert"]))
    except (ValueError, TypeError, KeyError) as error:
        raise UnreadableEvidence(why=f"{type(error).__name__}: {error}") from error
