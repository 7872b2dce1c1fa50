"""External programs of the benchmarks: check that they are installed, start and stop them."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from benchmarks.errors import BenchmarkError

LUA_MODULE: Final = "/usr/lib/nginx/modules/ngx_http_lua_module.so"
PACKAGES: Final[Mapping[str, str]] = {
    "nginx": "nginx",
    LUA_MODULE: "libnginx-mod-http-lua",
    "redis-server": "redis-server",
    "taskset": "util-linux",
    "wrk": "wrk",
}
"""Debian package of each program or module file."""


def require_programs(names: Iterable[str]) -> None:
    """Check that programs (or files, by absolute path) exist.

    Raises:
        BenchmarkError: some are missing; the message names their packages.
    """
    missing = [
        name
        for name in dict.fromkeys(names)
        if not (Path(name).exists() if name.startswith("/") else shutil.which(name))
    ]
    if missing:
        packages = " ".join(PACKAGES.get(name, name) for name in missing)
        raise BenchmarkError(f"{', '.join(missing)} not installed: apt-get install {packages}")


def start_program(
    command: Sequence[str],
    core: int | None,
    directory: Path,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[str]:
    """Start a program on one core (None: on any) with its output in a pipe.

    Its error output goes to this process's.
    """
    pinned = [] if core is None else ["taskset", "-c", str(core)]
    require_programs([*pinned[:1], command[0]])
    return subprocess.Popen(
        [*pinned, *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=directory,
        env={**os.environ, **(environment or {})},
    )


def wait_for_port(port: int) -> None:
    """Wait at most ten seconds until a loopback port accepts connections."""
    for _ in range(500):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise BenchmarkError(f"no program listens on port {port}")


def stop_program(program: subprocess.Popen[str]) -> None:
    """Send SIGTERM, wait for the end, close the pipes."""
    program.send_signal(signal.SIGTERM)
    program.wait(30)
    for pipe in (program.stdin, program.stdout):
        if pipe is not None:
            pipe.close()
