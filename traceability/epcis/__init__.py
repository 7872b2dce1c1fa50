"""EPCIS 2.0 and CBV 2.0: identifiers and hashes of events."""

from traceability.epcis.event_hash import compute_event_hash, format_pre_hash, hash_document
from traceability.epcis.identifiers import normalize_identifier

__all__ = ["compute_event_hash", "format_pre_hash", "hash_document", "normalize_identifier"]
