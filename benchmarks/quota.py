"""Processes held to a share of a core by the kernel's control groups: needs root on Linux.

So that a machine of two cores shows what more of them would: two workers that may take 0.35 of a
core each leave the load generator and Redis the rest, and none waits for another's processor.

Version 1 of control groups was tried; version 2 is written by its documentation.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_ROOT: Final = Path("/sys/fs/cgroup")
_PERIOD_US: Final = 10_000


@contextmanager
def held(processes: Iterable[int], share: float) -> Iterator[None]:
    """Hold each of the processes to `share` of one core, for itself.

    Raises OSError where control groups are not ours to make.
    """
    quota = str(int(share * _PERIOD_US))
    home = _ROOT / "cpu"  # version 1, a tree for each controller; in version 2 there is one tree
    law = {"cpu.cfs_period_us": str(_PERIOD_US), "cpu.cfs_quota_us": quota}
    if not home.is_dir():
        home, law = _ROOT, {"cpu.max": f"{quota} {_PERIOD_US}"}
        (home / "cgroup.subtree_control").write_text("+cpu")
    made: list[Path] = []
    try:
        for process in processes:
            group = home / f"veritem-{os.getpid()}-{process}"
            group.mkdir()
            made.append(group)
            for file, said in {**law, "cgroup.procs": str(process)}.items():
                (group / file).write_text(said)
        yield
    finally:
        for group in made:
            for left in (group / "cgroup.procs").read_text().split():
                (home / "cgroup.procs").write_text(left)
            group.rmdir()
