"""Levels of alerts: how strong the suspicion must be before somebody is told at once.

An alert opens near the lowest score and grows with its evidence. The first time that it reaches a
level is a row of `alert_levels`, written with the evidence, so people and webhooks are told once
for each level. Alerts about a batch or a registered code have scores on other scales and are about
many stamps: they reach all levels when they open. The one writer numbers the rows in their order.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Literal, get_args

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from detection.rules import Rules
from ledger import schema
from ledger.alerts.alert_record import Alert

AlertLevel = Literal["any", "strong", "severe"]
LEVELS: Final[tuple[AlertLevel, ...]] = get_args(AlertLevel)
_SEVERE_RATIO: Final = 1.5
LEVEL_SCORES: Final[Mapping[AlertLevel, float]] = {
    "any": 0.0,
    "strong": Rules().suspect,
    "severe": Rules().suspect * _SEVERE_RATIO,
}
"""The least score of each level. From `strong` on the public page says that a stamp is suspect."""


def list_reached(alert: Alert, before: float | None) -> list[AlertLevel]:
    """The levels that an alert reached; `before` is its former score, None when it opens."""
    if alert.kind not in ("stamp", "campaign"):
        return list(LEVELS) if before is None else []
    return [
        level
        for level in LEVELS
        if alert.score >= LEVEL_SCORES[level] and (before is None or before < LEVEL_SCORES[level])
    ]


async def record_levels(
    connection: AsyncConnection, changes: Sequence[tuple[Alert, float | None]]
) -> None:
    """Record the levels that alerts reached, in the writer's transaction."""
    table = schema.alert_levels
    reached = [(alert, level) for alert, before in changes for level in list_reached(alert, before)]
    if not reached:
        return
    known = {
        (row.alert, row.level)
        for row in await connection.execute(
            select(table.c.alert, table.c.level).where(
                table.c.alert.in_({alert.id for alert, _ in reached})
            )
        )
    }
    last = await connection.scalar(select(func.max(table.c.id))) or 0
    rows = [
        {"alert": alert.id, "level": level, "score": alert.score, "at": alert.updated_at}
        for alert, level in reached
        if (alert.id, level) not in known
    ]
    if rows:
        numbered = [{"id": id_, **row} for id_, row in enumerate(rows, last + 1)]
        await connection.execute(insert(table), numbered)
