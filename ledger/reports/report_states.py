"""States of a group of reports, the steps that people take, and its source."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

SINGLE: Final = "single"
CROWDED: Final = "crowded"
"""Sources of a group: `crowded` if each report came from a network that had sent many."""


class ReportState(StrEnum):
    """State of a group of reports."""

    NEW = "new"
    READ = "read"
    ASSIGNED = "assigned"
    ANSWERED = "answered"
    CLOSED = "closed"


REPORT_STEPS: Final[Mapping[ReportState, frozenset[ReportState]]] = {
    ReportState.NEW: frozenset(ReportState) - {ReportState.NEW},
    ReportState.READ: frozenset({ReportState.ASSIGNED, ReportState.ANSWERED, ReportState.CLOSED}),
    ReportState.ASSIGNED: frozenset(
        {ReportState.ASSIGNED, ReportState.ANSWERED, ReportState.CLOSED}
    ),
    ReportState.ANSWERED: frozenset({ReportState.ASSIGNED, ReportState.CLOSED}),
    ReportState.CLOSED: frozenset({ReportState.ASSIGNED}),
}
"""The steps that people can take, by state. A new report alone makes a group new again."""
