"""Evidence as an entry of the scan stream: a JSON object without most empty fields.

The fields are written out for speed; a test holds them to those of `ScanRow`.
"""

from typing import Any, Final

import orjson

from ledger import ScanRow
from resolver.journal.port import Evidence
from resolver.scan_weights import Campaign
from stamps.errors import VeritemError

VERSION: Final = 2


class UnreadableEvidence(VeritemError):
    """An entry of the stream that this version cannot read."""

    code = "unreadable-evidence"
    message = "not evidence: {why}"


def encode_evidence(evidence: Evidence) -> bytes:
    """Encode evidence for the stream."""
    scan = evidence.scan
    fields: dict[str, Any] = {
        "id": scan.id.hex(),
        "batch": scan.batch,
        "index": scan.index,
        "at": scan.at,
        "via": scan.via,
        "verdict": scan.verdict,
        "score": scan.score,
        "reasons": scan.reasons,
        "device": scan.device,
        "net": scan.net,
        "agent_class": scan.agent_class,
    }
    if scan.lat is not None:
        fields.update(lat=scan.lat, lon=scan.lon, accuracy_m=scan.accuracy_m)
    if scan.province is not None:
        fields["province"] = scan.province
    if scan.ward is not None:
        fields["ward"] = scan.ward
    if scan.country is not None:
        fields["country"] = scan.country
    if scan.first:
        fields["first"] = True
    if scan.anomalous:
        fields["anomalous"] = True
    if scan.signed is not None:
        fields["signed"] = scan.signed
    if scan.weight is not None:
        fields["weight"] = scan.weight
    document: dict[str, Any] = {"version": VERSION, "alert": evidence.alert, "scan": fields}
    if evidence.campaign is not None:
        document["campaign"] = list(evidence.campaign)
    if evidence.near:
        document["near"] = evidence.near
    return orjson.dumps(document)


def decode_evidence(entry: bytes) -> Evidence:
    """Decode an entry of the stream. Raises `UnreadableEvidence`."""
    try:
        document: dict[str, Any] = orjson.loads(entry)
        if document["version"] != VERSION:
            raise UnreadableEvidence(why=f"version {document['version']}")
        fields: dict[str, Any] = document["scan"]
        fields["id"] = bytes.fromhex(fields["id"])
        fields["reasons"] = tuple(fields["reasons"])
        return Evidence(
            ScanRow(**fields),
            bool(document["alert"]),
            _decode_campaign(document.get("campaign")),
            tuple(str(reason) for reason in document.get("near", ())),
        )
    except (ValueError, TypeError, KeyError) as error:
        raise UnreadableEvidence(why=f"{type(error).__name__}: {error}") from error


def _decode_campaign(fields: Any) -> Campaign | None:
    if fields is None:
        return None
    name, stamps = fields
    return Campaign(str(name), tuple((int(batch), int(index)) for batch, index in stamps))
