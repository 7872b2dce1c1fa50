"""Who saved the links of a GS1 key, and what they then were: the audit log of one link set."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ledger import AuditEntry
from services.context import ServiceContext
from services.links.link_sets import get_link_set

MOST_SAVES: Final = 20


@dataclass(frozen=True, slots=True)
class LinkSave:
    """One edit. `links` are pairs of type and address, the default first."""

    action: str
    """`add`, `replace` or `remove`."""
    version: int
    saved_by: str
    saved_at: int
    links: Sequence[tuple[str, str]]


async def list_link_saves(context: ServiceContext, id_: str) -> list[LinkSave]:
    """The last edits of a link set, the newest first. Raises `Forbidden`, `UnknownRow`."""
    known = await get_link_set(context, id_)
    subject = f"link_sets:{known.row.id}"
    entries = await context.ledger.audit.list_of_subject(subject, limit=MOST_SAVES)
    return [_read_entry(entry) for entry in entries if entry.action.startswith("links.")]


def _read_entry(entry: AuditEntry) -> LinkSave:
    return LinkSave(
        action=entry.action.removeprefix("links."),
        version=int(entry.details["version"]),
        saved_by=entry.actor,
        saved_at=entry.at,
        links=[(kind, href) for kind, href in entry.details["links"]],
    )
