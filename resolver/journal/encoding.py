"""A piece of evidence as it stands in the stream: one JSON array, fields in the ledger's order."""

from typing import Any, Final

import orjson

from ledger import ScanRow
from resolver.journal.port import Evidence
from stamps.errors import VeritemError

_VERSION: Final = 1


class UnreadableEvidence(VeritemError):
    """An entry of the stream that this version can not read."""

    code = "unreadable-evidence"
    message = "not evidence: {why}"


def encode_evidence(evidence: Evidence) -> bytes:
    """Evidence as bytes."""
    scan, alert = evidence
    return orjson.dumps([_VERSION, alert, scan.id.hex(), *scan[1:]])


def decode_evidence(entry: bytes) -> Evidence:
    """The evidence that `encode_evidence` wrote. Raises `UnreadableEvidence`."""
    try:
        version, alert, name, *rest = orjson.loads(entry)
        if version != _VERSION:
            raise UnreadableEvidence(why=f"version {version}")
        values: list[Any] = rest
        values[6] = tuple(values[6])
        return Evidence(ScanRow(bytes.fromhex(name), *values), bool(alert))
    except (ValueError, TypeError, IndexError) as error:
        raise UnreadableEvidence(why=str(error)) from error
