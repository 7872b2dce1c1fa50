"""Runs the inspector on a file, in a process of its own, and parses its answer."""

import base64
import subprocess
from dataclasses import dataclass
from typing import Final

import numpy as np
import orjson
from numpy.typing import NDArray

from printing.errors import ProofUnreadable
from printing.proofs import inspector
from printing.proofs.judgement import Corners
from web.decoder_process import run_decoder

MOST_BYTES: Final = inspector.MOST_BYTES
_WALL_SECONDS: Final = 60.0
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
    """Symbols that the inspector found in a picture of `width` × `height` pixels."""

    width: int
    height: int
    symbols: tuple[InspectedSymbol, ...]
    backdrop: bytes
    """The sheet as a JPEG that shows no code."""


def run_inspector(upload: bytes, modules: int) -> Inspection:
    """Inspect a photo, a scan or a PDF page; `modules` is the length of a symbol's side.

    Blocks for seconds. Raises `ProofUnreadable`.
    """
    if len(upload) > MOST_BYTES:
        raise ProofUnreadable(why="bytes")
    try:
        done = run_decoder(inspector.__file__, str(modules), upload=upload, seconds=_WALL_SECONDS)
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
