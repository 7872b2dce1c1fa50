"""Filter of alerts: which ones a list shows, by expected loss."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select

from ledger import schema
from ledger.alerts.alert_record import AlertState
from ledger.cursor_pages import Key, sort_descending


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFilter:
    """Which alerts: those in one state, or all that are not closed. Sorted by expected loss."""

    state: AlertState | None = None

    def select(self, after: Key | None, limit: int) -> Select[Any]:
        """The query of one page; the sort key is `(expected_loss, id)`."""
        alerts = schema.alerts
        query = select(alerts).where(
            alerts.c.state != AlertState.CLOSED
            if self.state is None
            else alerts.c.state == self.state
        )
        return sort_descending(query, (alerts.c.expected_loss, alerts.c.id), after, limit)
