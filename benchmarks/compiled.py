"""Where the service is measured: with its hot path compiled, as it is meant to be run."""

import subprocess
import sys
from pathlib import Path
from typing import Final

INTERPRETED: Final = Path(__file__).parents[1]
"""This tree, whose Python is interpreted."""


def compiled() -> Path:
    """The tree with the hot path compiled; made anew if the sources have changed."""
    subprocess.run([sys.executable, INTERPRETED / "ops/compile.py"], check=True)
    return INTERPRETED / "build/compiled"
