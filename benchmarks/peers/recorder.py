"""The recorder as a process of its own: `python -m benchmarks.peers.recorder SETTINGS`."""

import json
import sys
from typing import Any

from detection.rules import Rules
from resolver import ResolverSettings, run_recorder


def main() -> None:
    """Record until SIGTERM."""
    given: dict[str, Any] = json.loads(sys.argv[1])
    for name, value in given.items():
        given[name] = tuple(value) if isinstance(value, list) else value
    run_recorder(ResolverSettings(**given), Rules)


if __name__ == "__main__":
    main()
