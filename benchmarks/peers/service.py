"""Run the public service in its own process: `python -m benchmarks.peers.service SETTINGS`.

`SETTINGS` is a JSON object of `ResolverSettings` fields. Prints the address as its first line.
"""

import json
import sys
from collections.abc import Mapping
from typing import Any

import structlog

from benchmarks.testbed import KEY_RING, PUBLIC_KEYS, SECRET
from claims import open_in_process
from detection.rules import Rules
from resolver import ResolverSettings, serve
from stamps.pin_ring import PinRing


def run_service(settings: Mapping[str, Any]) -> None:
    """Serve until SIGTERM."""
    serve(
        parse_settings(settings),
        keys=KEY_RING,
        open_claims=open_in_process(PinRing({})),
        public_keys=PUBLIC_KEYS,
        rules=Rules,
        secret=SECRET,
        ready=lambda url, _: print(url, flush=True),
    )


def parse_settings(fields: Mapping[str, Any]) -> ResolverSettings:
    """Settings from fields of JSON."""
    given: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()
    }
    return ResolverSettings(**given)


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    run_service(json.loads(sys.argv[1]))
