"""Run the recorder in its own process: `python -m benchmarks.peers.recorder SETTINGS`.

`SETTINGS` is a JSON object of `ResolverSettings` fields. Records until SIGTERM.
"""

import json
import sys

from benchmarks.peers.service import parse_settings
from detection.rules import Rules
from resolver import run_recorder

if __name__ == "__main__":
    run_recorder(parse_settings(json.loads(sys.argv[1])), Rules)
