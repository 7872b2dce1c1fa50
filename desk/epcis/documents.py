"""JSON documents of the standard: query documents, captures, collections, named queries."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from ledger.record.epcis_captures import Capture
from ledger.record.epcis_events import EventRow
from ledger.record.epcis_queries import NamedQuery
from stamps.timestamps import format_rfc3339
from traceability.epcis.event_reader import format_event_id

CONTEXT: Final = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"


def describe_query_document(
    rows: Sequence[EventRow], *, query: str, created_at: int
) -> dict[str, Any]:
    """The answer to a query: an `EPCISQueryDocument` with the events as they were told."""
    shared = _share_prefixes(rows)
    context: list[Any] = [CONTEXT, shared] if shared else [CONTEXT]
    return {
        "@context": context,
        "type": "EPCISQueryDocument",
        "schemaVersion": "2.0",
        "creationDate": format_rfc3339(created_at),
        "epcisBody": {
            "queryResults": {
                "queryName": query,
                "resultsBody": {"eventList": [describe_event(one, shared) for one in rows]},
            }
        },
    }


def describe_event(row: EventRow, shared: Mapping[str, str]) -> dict[str, Any]:
    """An event with its id, the time of its record, and the last declaration that it is an error.

    `shared` has the prefixes of the document; an event that means others by them has its own.
    """
    event = dict(row.body)
    if any(shared.get(name) != text for name, text in row.prefixes.items()):
        event["@context"] = [dict(row.prefixes)]
    event["eventID"] = row.stated_id or format_event_id(row.id)
    event["recordTime"] = format_rfc3339(row.recorded_at)
    if row.errors:
        event["errorDeclaration"] = dict(row.errors[-1].body)
    return event


def _share_prefixes(rows: Iterable[EventRow]) -> dict[str, str]:
    shared: dict[str, str] = {}
    for row in rows:
        for name, text in row.prefixes.items():
            shared.setdefault(name, text)
    return shared


def describe_capture(capture: Capture) -> dict[str, Any]:
    """The job of a capture. `errors` name events by their index from 0 and a JSON pointer."""
    document: dict[str, Any] = {
        "captureID": capture.id,
        "createdAt": format_rfc3339(capture.created_at),
        "running": capture.state == "waiting",
        "success": capture.refused == 0,
        "captureErrorBehaviour": capture.behaviour,
        "events": capture.events,
        "captured": capture.added,
        "known": capture.known,
        "refused": capture.refused,
        "errors": [
            {
                "type": "epcisException:ValidationException",
                "title": one["why"],
                "status": 400,
                "index": one["index"],
                "path": one["path"],
            }
            for one in capture.errors
        ],
    }
    if capture.finished_at is not None:
        document["finishedAt"] = format_rfc3339(capture.finished_at)
    return document


def describe_collection(members: Iterable[str]) -> dict[str, Any]:
    """A list of names or sub-resources."""
    return {"@context": CONTEXT, "type": "Collection", "member": list(members)}


def describe_query(query: NamedQuery) -> dict[str, Any]:
    """A named query as it was created."""
    return {
        "name": query.name,
        "query": dict(query.query),
        "createdAt": format_rfc3339(query.made_at),
    }
