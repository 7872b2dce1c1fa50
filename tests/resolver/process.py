"""A resolver or a recorder in a process of its own, to be killed."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import structlog

from claims import open_in_process
from detection.rules import Rules
from resolver import ResolverSettings, run_recorder, serve
from stamps.errors import VeritemError
from tests.resolver.house import PUBLIC
from tests.resolver.orchard import PINS, RING, SECRET


class Process:
    """A running resolver, or recorder; `url` is where a resolver listens."""

    def __init__(
        self,
        settings: ResolverSettings,
        *,
        recorder: bool = False,
        wait: bool = True,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """`environment` is added to that of the test."""
        what = "record" if recorder else "serve"
        self.child = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.resolver.process",
                what,
                settings.model_dump_json(),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **(environment or {})},
        )
        self.url = self.admin_url = ""
        if wait:
            assert self.child.stdout is not None
            line = self.child.stdout.readline()
            assert line, self.child.communicate()[1]
            self.url, self.admin_url = json.loads(line)

    def workers(self) -> list[int]:
        """Processes that a supervisor looks after."""
        listed = subprocess.run(
            ["pgrep", "-P", str(self.child.pid)], capture_output=True, check=False
        )
        return [int(line) for line in listed.stdout.split()]

    def kill(self) -> None:
        """kill -9."""
        self.child.kill()
        self.child.wait()
        self._close()

    def end(self, seconds: float = 15) -> int:
        """SIGTERM, then wait."""
        self.child.terminate()
        return self.wait(seconds)

    def wait(self, seconds: float = 15) -> int:
        """Wait for the end and return the exit code; kill the process after `seconds`."""
        until = time.monotonic() + seconds
        while self.child.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait()
        self._close()
        return int(self.child.returncode)

    def _close(self) -> None:
        for stream in (self.child.stdout, self.child.stderr):
            if stream is not None:
                stream.close()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _rules() -> Rules:
    """The rules in the file that the test writes, if it names one."""
    file = os.environ.get("VERITEM_TEST_RULES")
    return Rules(**json.loads(Path(file).read_text())) if file else Rules()


structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))


def main(what: str, argument: str) -> int:
    given: dict[str, Any] = json.loads(argument)
    for name, value in given.items():
        if isinstance(value, list):
            given[name] = tuple(value)
    settings = ResolverSettings(**given)
    if what == "record":
        run_recorder(settings, _rules, ready=lambda admin: _say(json.dumps(["", admin])), keys=RING)
        return 0
    try:
        serve(
            settings,
            keys=RING,
            open_claims=open_in_process(PINS),
            public_keys=PUBLIC,
            rules=_rules,
            secret=SECRET,
            ready=lambda url, admin: _say(json.dumps([url, admin])),
        )
    except VeritemError as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
