"""A resolver in a process of its own, to be killed: `python -m tests.resolver.process SETTINGS`."""

import json
import subprocess
import sys
import time
from dataclasses import asdict
from typing import Any

from resolver import AlreadyServed, ResolverSettings, serve
from stamps.rules import Rules
from tests.resolver.house import PUBLIC
from tests.resolver.orchard import RING, SECRET


class Process:
    """A running resolver; `url` is where it listens."""

    def __init__(self, settings: ResolverSettings, wait: bool = True) -> None:
        self.child = subprocess.Popen(
            [sys.executable, "-m", "tests.resolver.process", json.dumps(asdict(settings))],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.url = self.admin_url = ""
        if wait:
            assert self.child.stdout is not None
            line = self.child.stdout.readline()
            assert line, self.child.communicate()[1]
            self.url, self.admin_url = json.loads(line)

    def kill(self) -> None:
        """kill -9."""
        self.child.kill()
        self.child.wait()

    def end(self, seconds: float = 15) -> int:
        """SIGTERM, then wait."""
        self.child.terminate()
        until = time.monotonic() + seconds
        while self.child.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
        if self.child.poll() is None:
            self.kill()
        for stream in (self.child.stdout, self.child.stderr):
            if stream is not None:
                stream.close()
        return int(self.child.returncode)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(argument: str) -> int:
    given: dict[str, Any] = json.loads(argument)
    for name, value in given.items():
        if isinstance(value, list):
            given[name] = tuple(value)
    try:
        serve(
            ResolverSettings(**given),
            keys=RING,
            public_keys=PUBLIC,
            rules=Rules,
            secret=SECRET,
            ready=lambda url, admin: _say(json.dumps([url, admin])),
        )
    except AlreadyServed as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
