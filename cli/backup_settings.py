"""Settings of scheduled backups: where copies lie, and how many are kept."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

_Count = Annotated[int, Field(ge=0, le=10_000)]


class BackupSettings(BaseModel):
    """Copies of the ledger that `veritem backups` makes and removes."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    directory: Path = Path("var/backups")
    """Folder of the copies; on another disk than the ledger, best on another machine."""
    hourly: _Count = 24
    """Hours of which the newest copy is kept, in UTC; gaps do not count."""
    daily: _Count = 7
    """Days of which the newest copy is kept."""
    weekly: _Count = 5
    """Weeks (ISO 8601) of which the newest copy is kept."""
    monthly: _Count = 12
    """Months of which the newest copy is kept."""
    yearly: _Count = 10
    """Years of which the newest copy is kept."""
    late_minutes: Annotated[int, Field(ge=1)] = 150
    """`veritem backups list` exits with 1 when the newest copy is older."""
    metrics: str = ""
    """File (`….prom`) that runs write metrics to, for the textfile collector of node_exporter."""
