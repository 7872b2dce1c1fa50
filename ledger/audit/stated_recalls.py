"""Recalls and counts that a head states: what a restore of an older copy would undo.

A head states each recall that was approved after the head before, and how many transitions of each
kind the ledger has. A lost recall would make its stamps authentic again, so the head states the
target of each recall, without names of people. Transitions of other kinds are only counted. To
repeat them after a restore is not urgent, and the places that keep heads need not know them.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.audit.head_statement import AUDIT, TRANSITIONS, Heads, HeadStatement, StatedRecall
from ledger.storage.row_lists import split_parts

MOST_BYTES: Final = 12_288
"""Longest lines of recalls in one head: a longer note is not read (`stamps.signed_note`)."""
_MOST_RANGES: Final = 50
"""Serial ranges of a carton that a head states."""
_APPROVED: Final = "proposal.approve"
_RECALL: Final = "recall"


@dataclass(frozen=True, slots=True)
class StatedContent:
    """Content of a head beside the ends of the chains."""

    made: Mapping[str, int]
    """Transitions of each kind since the first."""
    recalls: tuple[StatedRecall, ...]
    left_out: int
    """Recalls that had no room, the oldest first."""


@dataclass(frozen=True, slots=True)
class UndoneContent:
    """Statements of heads whose rows a copy lacks."""

    recalls: tuple[StatedRecall, ...]
    left_out: int
    """Recalls that no head had room for."""
    others: Mapping[str, int] | None
    """Transitions of other kinds, by kind; None if the heads do not count them."""


async def read_content(
    connection: AsyncConnection, heads: Heads, seen: HeadStatement | None, after_audit: int
) -> StatedContent:
    """Read what a head with these ends states.

    `seen` is an earlier head of the same history, whose counts are continued; None counts all rows.
    Recalls are those approved after the audit entry `after_audit`.
    """
    before: Mapping[str, int] = {}
    counted = 0
    if seen is not None and seen.made is not None:
        before, counted = seen.made, seen.heads[TRANSITIONS][0]
    new = await count_transitions(connection, counted, heads[TRANSITIONS][0])
    made = {kind: before.get(kind, 0) + new.get(kind, 0) for kind in before.keys() | new.keys()}
    recalls, left_out = _fit(await _read_recalls(connection, after_audit, heads[AUDIT][0]))
    return StatedContent(made, recalls, left_out)


async def count_transitions(
    connection: AsyncConnection, after: int, through: int
) -> dict[str, int]:
    """Count the transitions of each kind whose number is above `after` and at most `through`."""
    table = schema.transitions
    query = (
        select(table.c.transition, func.count())
        .where(table.c.seq > after, table.c.seq <= through)
        .group_by(table.c.transition)
    )
    return {str(kind): count for kind, count in await connection.execute(query)}


def list_undone(
    in_force: Iterable[HeadStatement], copy_audit: int, copy_made: Mapping[str, int] | None
) -> UndoneContent:
    """List what statements in force, oldest first, say and a copy lacks.

    `copy_audit` is the number of the copy's last audit entry, `copy_made` its transitions by kind;
    None: they are not known.
    """
    later = [head for head in in_force if head.heads[AUDIT][0] > copy_audit]
    # A head that was signed again after a lost state repeats recalls of an earlier one.
    recalls = {one.audit: one for head in later for one in head.recalls if one.audit > copy_audit}
    others = None
    newest = later[-1].made if later else {}
    if newest is not None and copy_made is not None:
        others = {
            kind: count - copy_made.get(kind, 0)
            for kind, count in sorted(newest.items())
            if kind != _RECALL and count > copy_made.get(kind, 0)
        }
    return UndoneContent(
        recalls=tuple(recalls[number] for number in sorted(recalls)),
        left_out=sum(head.left_out for head in later),
        others=others,
    )


async def _read_recalls(
    connection: AsyncConnection, after: int, through: int
) -> list[StatedRecall]:
    audit, proposals = schema.audit, schema.proposals
    entries = select(audit.c.seq, audit.c.subject).where(
        audit.c.seq > after, audit.c.seq <= through, audit.c.action == _APPROVED
    )
    approved = {
        int(subject.removeprefix(f"{proposals.name}:")): seq
        for seq, subject in await connection.execute(entries.order_by(audit.c.seq))
    }
    numbers, recalls = list(approved), []
    for part in split_parts(numbers, 500):
        found = await connection.execute(
            select(proposals.c.id, proposals.c.document, proposals.c.reason).where(
                proposals.c.kind == _RECALL, proposals.c.id.in_(part)
            )
        )
        recalls += [_state_recall(approved[row.id], row.document, row.reason) for row in found]
    return sorted(recalls, key=lambda one: one.audit)


def _state_recall(audit: int, document: str, reason: str | None) -> StatedRecall:
    content: dict[str, Any] = {**json.loads(document), "reason": reason}
    if "lots" in content:  # a head has no room for hundreds: code and days find them again
        content["lots"] = len(content["lots"])
    if "carton" in content and len(content["ranges"]) > _MOST_RANGES:
        del content["ranges"]  # the carton and its history find them again
    if "traced" in content and len(content["ranges"]) > _MOST_RANGES:
        content["ranges"] = len(content["ranges"])  # another trace finds them again
    return StatedRecall.encode(audit, content)


def _fit(recalls: list[StatedRecall]) -> tuple[tuple[StatedRecall, ...], int]:
    """The newest recalls that have room, and the number of the others."""
    kept: list[StatedRecall] = []
    room = MOST_BYTES
    for one in reversed(recalls):
        room -= len(one.format())
        if room < 0:
            break
        kept.append(one)
    return tuple(reversed(kept)), len(recalls) - len(kept)
