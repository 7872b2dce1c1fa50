"""Where the service is measured: with its hot path compiled, as it is meant to be run."""

import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Final

CHECKOUT: Final = Path(__file__).parents[1]
"""This tree, whose Python is interpreted."""


@cache
def compiled() -> Path:
    """The tree with the hot path compiled; made anew if the sources have changed.

    Once a process: servers are running out of the tree, and it must not be replaced under them.
    """
    subprocess.run([sys.executable, CHECKOUT / "ops/compile.py"], check=True)
    return CHECKOUT / "build/compiled"
