"""Subjects of the audit log and of proposals, `staff:mai`, and the names of what they are."""

from collections.abc import Mapping, Sequence
from typing import Final

from services.context import ServiceContext
from services.lists.description import NameKind, Row

_NAMED: Final[Mapping[str, NameKind]] = {
    "staff": "staff",
    "account": "staff",
    "organisations": "organisation",
    "products": "product",
    "places": "place",
    "orders": "order",
    "order": "order",
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


async def name_subjects(context: ServiceContext, rows: Sequence[Row]) -> Sequence[Row]:
    """Rows with `subject_names`, the names of what each is about."""
    names = await find_subject_names(context, [row["subject"] for row in rows])
    return [{**row, "subject_names": one} for row, one in zip(rows, names, strict=True)]
