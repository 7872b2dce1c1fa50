"""Runs the inspector on a file, in a process of its own, and parses its answer."""

import base64
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import orjson
from numpy.typing import NDArray

import printing
from printing.errors import ProofUnreadable
from printing.proofs import inspector
from printing.proofs.judgement import Corners

MOST_BYTES: Final = inspector.MOST_BYTES
_WALL_SECONDS: Final = 60.0
_ROOT: Final = Path(printing.__file__).parent.parent
_WHY: Final = {
    inspector.REFUSED_FORMAT: "format",
    inspector.REFUSED_PIXELS: "pixels",
    inspector.REFUSED_PAGES: "pages",
}


@dataclass(frozen=True, slots=True)
class InspectedSymbol:
    """A symbol that the inspector found; `text` is empty where it could not be read."""

    text: str
    corners: Corners
    modules: NDArray[np.uint8]
    """Brightness of each module, 0 to 255 (white paper)."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What the inspector found in a picture of `width` × `height` pixels."""

    width: int
    height: int
    symbols: tuple[InspectedSymbol, ...]
    backdrop: bytes
    """The sheet as a JPEG that shows no code."""


def run_inspector(upload: bytes, modules: int) -> Inspection:
    """Inspect a photo, a scan or a PDF page, whose symbols have so many modules a side.

    Blocks for seconds. Raises `ProofUnreadable`.
    """
    if len(upload) > MOST_BYTES:
        raise ProofUnreadable(why="bytes")
    try:
        done = subprocess.run(  # noqa: S603 - our own program, no shell
            [sys.executable, "-P", "-s", "-m", inspector.__name__, str(modules)],
            input=upload,
            capture_output=True,
            # Passphrases may be in our environment. One thread: it may start no other.
            env={"PYTHONPATH": str(_ROOT), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            timeout=_WALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ProofUnreadable(why="time") from None
    if done.returncode != 0:
        raise ProofUnreadable(why=_WHY.get(done.returncode, "damaged"))
    document = orjson.loads(done.stdout)
    return Inspection(
        width=document["width"],
        height=document["height"],
        symbols=tuple(
            InspectedSymbol(
                text=one["text"],
                corners=tuple((x, y) for x, y in one["corners"]),
                modules=np.frombuffer(base64.b64decode(one["modules"]), np.uint8).reshape(
                    modules, modules
                ),
            )
            for one in document["symbols"]
        ),
        backdrop=base64.b64decode(document["backdrop"]),
    )
