"""A report for people as PDF: headings, paragraphs and tables of facts on A4, nothing else.

Words of any Vietnamese letter are drawn in Be Vietnam Pro, of which only the used glyphs are
embedded; text can be searched and copied. A character that the font lacks is drawn as a question
mark. The same lines give the same bytes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

from fontTools.ttLib import TTFont

from printing.labels.fonts import Face, FontSubset, compose_text, find_font_file, subset_font
from printing.operands import MM, format_numbers
from printing.pdf.objects import PdfObjects, add_word_font

Style = Literal["title", "heading", "body", "small"]

_WIDTH: Final = 210 * MM
_HEIGHT: Final = 297 * MM
_MARGIN: Final = 20 * MM
_FOOT: Final = 12 * MM
_HEADER: Final = b"%PDF-1.7\n%\xc2\xb5\xc2\xb6\n"
_UNKNOWN: Final = "?"


@dataclass(frozen=True, slots=True)
class _Look:
    """Face, size, distance between lines and space above, in points."""

    face: Face
    size: float
    leading: float
    above: float


_LOOKS: Final[Mapping[Style, _Look]] = {
    "title": _Look("bold", 18, 24, 0),
    "heading": _Look("bold", 12, 17, 14),
    "body": _Look("regular", 10, 14.5, 3),
    "small": _Look("regular", 8, 11, 3),
}


@dataclass(frozen=True, slots=True)
class ReportLine:
    """A paragraph; `label` is a word of a fact that stands before its text."""

    text: str
    style: Style = "body"
    label: str = ""


@dataclass(frozen=True, slots=True)
class _PlacedText:
    """One line of text on a page."""

    face: Face
    size: float
    x: float
    y: float
    text: str


def write_report(lines: Sequence[ReportLine], footer: str) -> bytes:
    """Return the PDF of these lines; `footer` stands on each page with the page's number.

    Raises `FontMissing`.
    """
    cleaned = [ReportLine(_clean(line.text), line.style, _clean(line.label)) for line in lines]
    foot = _clean(footer)
    fonts = _load_fonts([*cleaned, ReportLine(f"{foot} 0123456789/ ?", "small")])
    pages = [*_lay_out(cleaned, fonts)]
    look = _LOOKS["small"]
    for number, page in enumerate(pages, 1):
        text = f"{foot} {number}/{len(pages)}"
        page.append(_PlacedText(look.face, look.size, _MARGIN, _FOOT, text))
    return _write(pages, fonts)


@cache
def _list_characters(face: Face) -> frozenset[str]:
    """The characters that a face has."""
    with TTFont(find_font_file(face)) as font:
        return frozenset(map(chr, font.getBestCmap()))


def _clean(text: str) -> str:
    """Composed text in one line, of characters that both faces have."""
    known = _list_characters("regular") & _list_characters("bold")
    return "".join(c if c in known else _UNKNOWN for c in compose_text(" ".join(text.split())))


def _load_fonts(lines: Sequence[ReportLine]) -> dict[Face, FontSubset]:
    used: dict[Face, set[str]] = {"regular": set(" ?"), "bold": set(" ?:")}
    for line in lines:
        used[_LOOKS[line.style].face].update(line.text)
        used["bold"].update(line.label)
    return {face: subset_font(face, frozenset(characters)) for face, characters in used.items()}


def _lay_out(
    lines: Sequence[ReportLine], fonts: Mapping[Face, FontSubset]
) -> Iterator[list[_PlacedText]]:
    """Fill pages from the top."""
    page: list[_PlacedText] = []
    top = y = _HEIGHT - _MARGIN
    for line in lines:
        look = _LOOKS[line.style]
        label = f"{line.label}: " if line.label else ""
        indent = fonts["bold"].width(label) * look.size / 1000 if label else 0.0
        rows = _wrap(line.text, fonts[look.face], look.size, indent)
        y -= look.above if y < top else 0
        for at, row in enumerate(rows):
            if y - look.leading < _MARGIN:
                yield page
                page, y = [], top
            y -= look.leading
            x = _MARGIN
            if label and at == 0:
                page.append(_PlacedText("bold", look.size, x, y, label.rstrip()))
                x += indent
            page.append(_PlacedText(look.face, look.size, x, y, row))
    yield page


def _wrap(text: str, font: FontSubset, size: float, indent: float) -> list[str]:
    """Break a text between words, and a longer word where the line ends."""
    rows: list[str] = []
    row = ""
    for word in text.split(" "):
        rest = word
        while True:
            room = _WIDTH - 2 * _MARGIN - (indent if not rows else 0.0)
            wanted = f"{row} {rest}" if row else rest
            if font.width(wanted) * size / 1000 <= room:
                row = wanted
                break
            if row:
                rows.append(row)
                row = ""
                continue
            fits = max(1, sum(1 for n in range(1, len(rest)) if _fits(rest[:n], font, size, room)))
            rows.append(rest[:fits])
            rest = rest[fits:]
    return [*rows, row]


def _fits(text: str, font: FontSubset, size: float, room: float) -> bool:
    return font.width(text) * size / 1000 <= room


def _write(pages: Sequence[Sequence[_PlacedText]], fonts: Mapping[Face, FontSubset]) -> bytes:
    objects = PdfObjects()
    catalogue, tree = objects.reserve(), objects.reserve()
    names = {face: f"F{at}" for at, face in enumerate(fonts)}
    tags = {face: "VTM" + "ABC" * (at + 1) for at, face in enumerate(fonts)}
    refs = " ".join(
        f"/{names[face]} {add_word_font(objects, font, tags[face][:6])} 0 R"
        for face, font in fonts.items()
    )
    kids = []
    for page in pages:
        content = objects.stream("\n".join(_draw(one, names, fonts) for one in page).encode())
        kids.append(objects.add(f"<</Type/Page/Parent {tree} 0 R/Contents {content} 0 R>>"))
    listed = " ".join(f"{kid} 0 R" for kid in kids)
    box = format_numbers(0, 0, _WIDTH, _HEIGHT)
    objects.set_body(
        tree,
        f"<</Type/Pages/Count {len(kids)}/MediaBox[{box}]/Resources<</Font<<{refs}>>>>"
        f"/Kids[{listed}]>>",
    )
    objects.set_body(catalogue, f"<</Type/Catalog/Pages {tree} 0 R>>")
    return _serialize(objects, catalogue)


def _draw(one: _PlacedText, names: Mapping[Face, str], fonts: Mapping[Face, FontSubset]) -> str:
    glyphs = "".join(f"{fonts[one.face].glyphs[c]:04X}" for c in one.text)
    at = format_numbers(one.x, one.y)
    return f"BT /{names[one.face]} {format_numbers(one.size)} Tf {at} Td <{glyphs}> Tj ET"


def _serialize(objects: PdfObjects, catalogue: int) -> bytes:
    out = bytearray(_HEADER)
    offsets = []
    for _, body in objects.serialize():
        offsets.append(len(out))
        out += body
    start = len(out)
    out += f"xref\n0 {len(offsets) + 1}\n0000000000 65535 f \n".encode()
    out += "".join(f"{offset:010} 00000 n \n" for offset in offsets).encode()
    out += f"trailer\n<</Size {len(offsets) + 1}/Root {catalogue} 0 R>>\n".encode()
    out += f"startxref\n{start}\n%%EOF\n".encode()
    return bytes(out)
