"""Marks of jobs: files that say which bundles were asked for and are not written yet.

A mark is made, durably, before a job waits, and removed when its bundle is complete or refused. So
a desk that ends, or is killed, finds every job again, in the order in which they were asked for.
"""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson

from printing import write_atomically

_MARK: Final = "job.json"


@dataclass(frozen=True, slots=True)
class JobMark:
    """A bundle that was asked for."""

    batch: int
    form: str
    actor: str
    asked_at: int
    """Nanoseconds since the Unix epoch; says the order only."""


def make_mark(folder: Path, batch: int, form: str, actor: str) -> None:
    """Mark a job in its folder, which is made; a job that is marked keeps its place."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    if not (folder / _MARK).exists():
        document = {"batch": batch, "form": form, "actor": actor, "asked_at": time.time_ns()}
        write_atomically(folder / _MARK, [orjson.dumps(document)])


def remove_mark(folder: Path) -> None:
    """Remove the mark of a folder, if there is one."""
    (folder / _MARK).unlink(missing_ok=True)


def list_marks(root: Path) -> list[JobMark]:
    """The marks under a folder, the oldest first; what is no mark is left out."""
    found = []
    for path in root.glob(f"*/{_MARK}"):
        try:
            document = orjson.loads(path.read_bytes())
            found.append(JobMark(**document))
        except (OSError, ValueError, TypeError):
            continue
    return sorted(found, key=lambda mark: mark.asked_at)
