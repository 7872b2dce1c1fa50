"""The ledger's rows as the API tells them: times as RFC 3339, runs by first and last number."""

from collections.abc import Iterable, Mapping
from typing import Any

from desk.bundles import Standing
from ledger import Alert, AlertEvent, Balance, Batch, LotRow, Order, RecordedTransition, ScanRow
from stamps import serial_range
from stamps.spans import Span
from stamps.timestamps import format_rfc3339


def when(at: int | None) -> str | None:
    """A time in UTC, or null."""
    return None if at is None else format_rfc3339(at)


def order(row: Order) -> dict[str, Any]:
    """An order."""
    return {
        "id": row.id,
        "count": row.count,
        "grade": row.grade,
        "has_pin": row.has_pin,
        "product": row.product,
        "packer": row.packer,
        "print_house": row.print_house,
        "note": row.note,
        "state": str(row.state),
        "requested_by": row.requested_by,
        "requested_at": when(row.requested_at),
        "decided_by": row.decided_by,
        "decided_at": when(row.decided_at),
    }


def batch(row: Batch) -> dict[str, Any]:
    """A batch without its balance."""
    return {
        "number": row.number,
        "order": row.order,
        "count": row.count,
        "roll": serial_range.format_serial_range(row.number, 0, row.count),
        "grade": row.grade,
        "epoch": row.epoch,
        "host": row.host,
        "gtin": row.gtin,
        "product": row.product,
        "has_pin": row.has_pin,
        "issued_by": row.actor,
        "issued_at": when(row.at),
        "is_finished": row.manifest is not None,
    }


def balance(row: Balance) -> dict[str, Any]:
    """The mass balance of a batch."""
    return {
        "issued": row.issued,
        "printed": row.printed,
        "activated": row.activated,
        "void": dict(row.void),
        "outstanding": row.outstanding,
        "states": {str(state): count for state, count in row.states.items()},
        "balances": row.balances,
        "flaws": row.flaws,
    }


def span(row: Span) -> dict[str, Any]:
    """A run of stamps in one state and lot."""
    return {
        "roll": serial_range.format_serial_range(row.batch, row.lo, row.hi),
        "first": row.lo,
        "last": row.hi - 1,
        "state": str(row.state),
        "lot": row.lot,
        "reason": row.reason,
        "activated_at": when(row.activated_at),
        "changed_at": when(row.changed_at),
    }


def moved(row: RecordedTransition) -> dict[str, Any]:
    """One recorded transition."""
    return {
        "seq": row.seq,
        "batch": row.batch,
        "first": row.lo,
        "last": row.hi - 1,
        "roll": serial_range.format_serial_range(row.batch, row.lo, row.hi),
        "transition": str(row.transition),
        "reason": row.reason,
        "lot": row.lot,
        "actor": row.actor,
        "at": when(row.at),
        "hash": row.hash,
        "repeated": row.repeated,
    }


def lot(row: LotRow) -> dict[str, Any]:
    """A lot with what it still lacks."""
    return {
        "code": row.code,
        "version": row.version,
        "document": dict(row.document),
        "missing": list(row.missing),
        "put_by": row.actor,
        "put_at": when(row.at),
    }


def alert(row: Alert) -> dict[str, Any]:
    """An alert without its history."""
    return {
        "id": row.id,
        "kind": row.kind,
        "batch": row.batch,
        "index": row.index,
        "state": str(row.state),
        "cause": row.cause,
        "owner": row.owner,
        "score": row.score,
        "reasons": list(row.reasons),
        "scans": row.scans,
        "expected_loss": row.expected_loss,
        "opened_at": when(row.opened_at),
        "updated_at": when(row.updated_at),
    }


def event(row: AlertEvent) -> dict[str, Any]:
    """One line of an alert's history."""
    return {
        "at": when(row.at),
        "actor": row.actor,
        "what": row.what,
        "state": str(row.state),
        "cause": row.cause,
        "note": row.note,
        "score": row.score,
        "reasons": list(row.reasons),
        "scans": [scan.hex() for scan in row.scans],
    }


def scan(row: ScanRow) -> dict[str, Any]:
    """One scan; device and network are this stamp's own pseudonyms, places are rounded."""
    return {
        "id": row.id.hex(),
        "at": when(row.at),
        "via": row.via,
        "device": _pseudonym(row.device),
        "net": _pseudonym(row.net),
        "lat": row.lat,
        "lon": row.lon,
        "province": row.province,
        "ward": row.ward,
        "country": row.country,
        "verdict": row.verdict,
        "score": row.score,
        "reasons": list(row.reasons),
    }


def bundle(row: Batch, form: str, standing: Standing) -> dict[str, Any]:
    """A bundle and, once it is ready, its parts."""
    root = f"/api/v1/batches/{row.number}/bundles/{form}"
    parts: Iterable[Mapping[str, Any]] = standing.manifest["parts"] if standing.manifest else ()
    return {
        "batch": row.number,
        "format": form,
        "state": standing.state,
        "done": standing.done,
        "total": standing.total,
        "why": str(standing.failure) if standing.failure else None,
        "encrypted_for": standing.manifest["encrypted_for"] if standing.manifest else [],
        "ticket": f"{root}/files/ticket.json" if standing.manifest else None,
        "manifest": f"{root}/files/manifest.json" if standing.manifest else None,
        "parts": [
            {
                "name": part["file"],
                "first": part["first"],
                "last": part["last"],
                "size": part["file_size"],
                "sha256": part["file_sha256"],
                "href": f"{root}/files/{part['file']}",
            }
            for part in parts
        ],
    }


def _pseudonym(number: int | None) -> str | None:
    return None if number is None else f"{number:016x}"
