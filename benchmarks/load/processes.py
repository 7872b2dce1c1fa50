"""How much processor time each part of a running service takes, from `/proc`."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_TICKS: Final = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """Processor time (user and system, seconds) of a process and of all its descendants.

    Of descendants that ended it counts what their parents waited for. This process counts alone:
    its descendants are what it measures.
    """
    total = 0
    for process in [pid] if pid == os.getpid() else family(pid):
        try:
            # The name in parentheses may hold spaces: what is wanted comes after it.
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(map(int, fields[11:15]))
    return total / _TICKS


class Meter:
    """Processor time of named processes between two looks, as a share of one core.

    `others` is what the rest of the machine took: a run beside much of it says little.
    """

    def __init__(self, parts: Mapping[str, int]) -> None:
        self._parts = dict(parts)
        self._before = self._look()

    def shares(self, seconds: float) -> dict[str, float]:
        """What each part took since the last look, over `seconds`: 1.0 is one core, all of it."""
        before, self._before = self._before, self._look()
        return {name: round((self._before[name] - before[name]) / seconds, 3) for name in before}

    def _look(self) -> dict[str, float]:
        parts = {name: cpu_seconds(pid) for name, pid in self._parts.items()}
        return {**parts, "others": _busy_seconds() - sum(parts.values())}


def _busy_seconds() -> float:
    """Processor time that the whole machine has spent on processes since it started."""
    user, nice, system = Path("/proc/stat").read_text().split(maxsplit=4)[1:4]
    return (int(user) + int(nice) + int(system)) / _TICKS


def family(pid: int) -> list[int]:
    """A process and all its descendants that run now."""
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
