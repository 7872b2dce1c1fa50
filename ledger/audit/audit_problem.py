"""A problem that the verification of history found, and the details of audit entries."""

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class AuditProblem:
    """A row that is not as it was written: its table, its key, and what is wrong."""

    table: str
    row: str
    what: str

    def __str__(self) -> str:
        return f"{self.table} {self.row}: {self.what}"


def parse_details(details: str) -> dict[str, Any]:
    """The details of an audit entry; none of an edited one, which the chain names."""
    try:
        parsed: Any = json.loads(details)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}
