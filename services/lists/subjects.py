"""Subjects of the audit log, `table:key`, and the names of what they are about."""

from collections.abc import Mapping, Sequence
from typing import Final

from services.context import ServiceContext
from services.lists.description import NameKind

_NAMED: Final[Mapping[str, NameKind]] = {
    "staff": "staff",
    "account": "staff",
    "organisations": "organisation",
    "products": "product",
    "places": "place",
    "orders": "order",
    "devices": "device",
    "staff_tokens": "token",
}
"""Subjects whose keys are ids that have names."""


async def find_subject_names(
    context: ServiceContext, subjects: Sequence[str]
) -> list[Mapping[str, str] | None]:
    """The names by language of what subjects are about; None for what has no name."""
    wanted: dict[NameKind, set[str]] = {}
    parts = [subject.partition(":") for subject in subjects]
    for table, _, key in parts:
        if table in _NAMED:
            wanted.setdefault(_NAMED[table], set()).add(key)
    found = {kind: await context.ledger.lists.get_names(kind, ids) for kind, ids in wanted.items()}
    return [found[_NAMED[table]].get(key) if table in _NAMED else None for table, _, key in parts]
