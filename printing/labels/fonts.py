"""Fonts of labels: Be Vietnam Pro for words, JetBrains Mono for what differs from label to label.

``make install`` puts them under ``node_modules`` (SIL Open Font License). Only the glyphs that a
label uses go into a PDF (fontTools), and the same text gives the same bytes.
"""

import io
import unicodedata
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

from fontTools import subset
from fontTools.ttLib import TTFont

from printing.errors import FontMissing, GlyphMissing

Face = Literal["regular", "bold", "mono"]

_HOME: Final = Path(__file__).parents[2] / "node_modules/@expo-google-fonts"
_FILES: Final[dict[Face, str]] = {
    "regular": "be-vietnam-pro/500Medium/BeVietnamPro_500Medium.ttf",
    "bold": "be-vietnam-pro/700Bold/BeVietnamPro_700Bold.ttf",
    "mono": "jetbrains-mono/500Medium/JetBrainsMono_500Medium.ttf",
}


def find_font_file(face: Face) -> Path:
    """The face's TrueType file. Raises `FontMissing`."""
    path = _HOME / _FILES[face]
    if not path.is_file():
        raise FontMissing(path=str(path))
    return path


@dataclass(frozen=True)
class FontSubset:
    """A face reduced to some characters.

    ``glyphs`` and ``advances`` (thousandths of the size) are by character; ``program`` is the
    TrueType file compressed for a PDF stream, ``program_size`` its uncompressed size.
    """

    name: str
    glyphs: dict[str, int]
    advances: dict[str, float]
    ascent: float
    descent: float
    cap_height: float
    box: tuple[float, float, float, float]
    program: bytes
    program_size: int

    def width(self, text: str) -> float:
        """Width of the text in thousandths of the size."""
        return sum(self.advances[c] for c in text)


def compose_text(text: str) -> str:
    """Composed letters (NFC), so that Vietnamese marks sit on their letters."""
    return unicodedata.normalize("NFC", text)


@lru_cache(maxsize=32)
def subset_font(face: Face, characters: frozenset[str]) -> FontSubset:
    """Subset a face to ``characters`` (composed). Raises `FontMissing`, `GlyphMissing`."""
    with TTFont(find_font_file(face), recalcTimestamp=False) as font:
        known = font.getBestCmap()
        if absent := sorted(c for c in characters if ord(c) not in known):
            raise GlyphMissing(
                font=_FILES[face].rpartition("/")[2],
                characters=" ".join(absent),
                text="".join(sorted(characters)),
            )
        options = subset.Options(
            layout_features=[], hinting=False, notdef_outline=True, name_IDs=[1, 2, 6]
        )
        tool = subset.Subsetter(options)
        tool.populate(unicodes=[ord(c) for c in characters])
        tool.subset(font)
        out = io.BytesIO()
        font.save(out, reorderTables=False)
    with TTFont(io.BytesIO(out.getvalue())) as small:
        to_glyph = small.getBestCmap()
        unit = 1000 / small["head"].unitsPerEm
        head, os2, hhea = small["head"], small["OS/2"], small["hhea"]
        return FontSubset(
            name=small["name"].getDebugName(6) or face,
            glyphs={c: small.getGlyphID(to_glyph[ord(c)]) for c in characters},
            advances={c: small["hmtx"][to_glyph[ord(c)]][0] * unit for c in characters},
            ascent=hhea.ascent * unit,
            descent=hhea.descent * unit,
            cap_height=os2.sCapHeight * unit,
            box=(head.xMin * unit, head.yMin * unit, head.xMax * unit, head.yMax * unit),
            program=zlib.compress(out.getvalue(), 9),
            program_size=len(out.getvalue()),
        )
