"""Processor time of the parts of a running service, from `/proc`."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_TICKS: Final = os.sysconf("SC_CLK_TCK")


def measure_cpu_seconds(pid: int) -> float:
    """Processor time (user and system) of a process and all its descendants, in seconds.

    Descendants that ended count when their parents have waited for them. This process counts
    without its descendants, which are what it measures.
    """
    total = 0
    for process in [pid] if pid == os.getpid() else list_process_tree(pid):
        try:
            # The name in parentheses may contain spaces; the fields follow it.
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(map(int, fields[11:15]))
    return total / _TICKS


class CpuMeter:
    """Measures processor time of named processes between two reads, as a share of one core.

    `others` is the rest of the machine; when it is large, the run is not reliable.
    """

    def __init__(self, parts: Mapping[str, int]) -> None:
        self._parts = dict(parts)
        self._before = self._read()

    def read_shares(self, seconds: float) -> dict[str, float]:
        """Share of each part since the last read, over `seconds`; 1.0 is one whole core."""
        before, self._before = self._before, self._read()
        return {name: round((self._before[name] - before[name]) / seconds, 3) for name in before}

    def _read(self) -> dict[str, float]:
        parts = {name: measure_cpu_seconds(pid) for name, pid in self._parts.items()}
        return {**parts, "others": _read_busy_seconds() - sum(parts.values())}


def _read_busy_seconds() -> float:
    """Processor time of all processes since the machine started, in seconds."""
    user, nice, system = Path("/proc/stat").read_text().split(maxsplit=4)[1:4]
    return (int(user) + int(nice) + int(system)) / _TICKS


def list_process_tree(pid: int) -> list[int]:
    """The process and all its descendants that run now."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found, todo = [], [pid]
    while todo:
        found.append(todo.pop())
        todo += parents.get(found[-1], [])
    return found
