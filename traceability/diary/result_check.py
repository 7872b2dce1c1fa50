"""Check of results that a record quotes: whether the id of each event is that of its entry.

The id of an event follows from its entry and its organisation, so whoever has a record can compute
it without access to the ledger. An entry with a note is quoted without it, and is not checked.

>>> values = {"at": "2026-09-12", "lot": "L1", "report": "R1", "substance": "Cadmi (Cd)",
...     "value": 0.08, "limit": 0.05, "value_unit": "mg_kg", "method": "AOAC 2015.01",
...     "accreditation": "VILAS 123"}
>>> event = read_entry_event(read_entry("test", values), "lab").id
>>> is_true_to_event("test", {"event": event, "organisation": "lab", "entry": values})
True
>>> values["value"] = 0.01
>>> is_true_to_event("test", {"event": event, "organisation": "lab", "entry": values})
False
"""

from collections.abc import Mapping
from typing import Any

from traceability.diary.entries import MalformedEntry, read_entry
from traceability.diary.entry_events import read_entry_event


def is_true_to_event(kind: str, document: Mapping[str, Any]) -> bool:
    """Whether a quoted result has the event of its entry; true of one that is shortened."""
    if document.get("shortened"):
        return True
    try:
        entry = read_entry(kind, document["entry"])
        event = read_entry_event(entry, document["organisation"])
    except (MalformedEntry, KeyError, TypeError):
        return False
    return bool(event.id == document.get("event"))
