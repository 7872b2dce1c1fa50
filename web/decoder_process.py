"""Processes that decode uploads, without keys and with bounds.

Decoders of images and PDFs have had holes that run an attacker's code. So an upload is decoded in
a process of its own. `run_decoder` starts it with an environment that holds no secret. Before it
reads the upload, the program calls `give_up_rights`: it can no longer open files or sockets or
start processes, and its memory and processor time are bounded (setrlimit(2); no process gets these
rights back).
"""

import resource
import subprocess
import sys
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).parent.parent


def run_decoder(
    program: str, *arguments: str, upload: bytes, seconds: float
) -> "subprocess.CompletedProcess[bytes]":
    """Run a program of ours, given by its file, with the upload on standard input.

    Blocks for at most `seconds`. Raises `subprocess.TimeoutExpired`.
    """
    return subprocess.run(  # noqa: S603 - our own program, no shell
        [sys.executable, "-P", "-s", program, *arguments],
        input=upload,
        capture_output=True,
        # Passphrases may be in our environment. One thread: it may start no other.
        env={"PYTHONPATH": str(_ROOT), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        timeout=seconds,
        check=False,
    )


def give_up_rights(*, memory_bytes: int, cpu_seconds: int) -> None:
    """Bound memory and time, and give up the rights to open files and start processes.

    Whatever a library imports late must be imported before.
    """
    limits = {
        resource.RLIMIT_AS: memory_bytes,
        resource.RLIMIT_CPU: cpu_seconds,
        resource.RLIMIT_NPROC: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 3,
    }
    for limit, value in limits.items():
        resource.setrlimit(limit, (value, value))
