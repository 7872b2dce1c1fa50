"""The service itself as a process of its own: `python -m benchmarks.peers.ourselves SETTINGS`."""

import json
import sys
from typing import Any

from benchmarks.resolving import PUBLIC, RING, SECRET
from detection.rules import Rules
from resolver import ResolverSettings, serve


def main() -> None:
    """Serve until SIGTERM; the address is the first line."""
    given: dict[str, Any] = json.loads(sys.argv[1])
    for name, value in given.items():
        given[name] = tuple(value) if isinstance(value, list) else value
    settings = ResolverSettings(**given)
    serve(
        settings,
        keys=RING,
        public_keys=PUBLIC,
        rules=Rules,
        secret=SECRET,
        ready=lambda url, _: print(url, flush=True),
    )


if __name__ == "__main__":
    main()
