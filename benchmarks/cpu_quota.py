"""Limit processes to a share of a core with the kernel's control groups (Linux, root).

With a limit, two cores show how workers scale: two workers limited to 0.35 of a core each leave the
rest to the load generator and Redis.

Control groups of version 1 are tested; version 2 follows its documentation.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_ROOT: Final = Path("/sys/fs/cgroup")
_PERIOD_US: Final = 10_000


@contextmanager
def limit_cpu(processes: Iterable[int], share: float) -> Iterator[None]:
    """Limit each of the processes to `share` of one core.

    Raises OSError when this process may not make control groups.
    """
    quota = str(int(share * _PERIOD_US))
    controller = _ROOT / "cpu"  # version 1 has a tree for each controller, version 2 one tree
    limits = {"cpu.cfs_period_us": str(_PERIOD_US), "cpu.cfs_quota_us": quota}
    if not controller.is_dir():
        controller, limits = _ROOT, {"cpu.max": f"{quota} {_PERIOD_US}"}
        (controller / "cgroup.subtree_control").write_text("+cpu")
    made: list[Path] = []
    try:
        for process in processes:
            group = controller / f"veritem-{os.getpid()}-{process}"
            group.mkdir()
            made.append(group)
            for file, value in {**limits, "cgroup.procs": str(process)}.items():
                (group / file).write_text(value)
        yield
    finally:
        for group in made:
            for left in (group / "cgroup.procs").read_text().split():
                (controller / "cgroup.procs").write_text(left)
            group.rmdir()
