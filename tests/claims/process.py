"""A claim service in a process of its own, to be killed: `python -m tests.claims.process SETTINGS`.

`SETTINGS` is a JSON object of `ClaimSettings` fields. Prints its address.
"""

import json
import subprocess
import sys
from typing import Any

import structlog

from claims import ClaimSettings, serve
from tests.resolver.orchard import PINS

structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))


def start(**settings: Any) -> "subprocess.Popen[str]":
    """Start the process, and return when it serves."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.claims.process", json.dumps({"admin_port": 0, **settings})],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline().strip() == settings["address"]
    return child


def end(child: "subprocess.Popen[str]", *, kill: bool = False) -> int:
    """SIGTERM, or kill -9; return the exit code."""
    (child.kill if kill else child.terminate)()
    child.communicate(timeout=15)
    return child.returncode


if __name__ == "__main__":
    serve(
        ClaimSettings(**json.loads(sys.argv[1])),
        pins=PINS,
        ready=lambda address: print(address, flush=True),  # noqa: T201
    )
