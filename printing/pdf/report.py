"""A report for people as PDF: headings, paragraphs, facts, columns and photos on A4.

Words of any Vietnamese letter are drawn in Be Vietnam Pro, of which only the used glyphs are
embedded; text can be searched and copied. A character that the font lacks is drawn as a question
mark. The same lines give the same bytes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from io import BytesIO
from typing import Final, Literal, NamedTuple

from fontTools.ttLib import TTFont
from PIL import Image, UnidentifiedImageError

from printing.labels.fonts import Face, FontSubset, compose_text, find_font_file, subset_font
from printing.operands import MM, format_numbers
from printing.pdf.objects import PdfObjects, add_word_font

Style = Literal["title", "heading", "body", "strong", "small"]
Align = Literal["left", "centre"]

_WIDTH: Final = 210 * MM
_HEIGHT: Final = 297 * MM
_MARGIN: Final = 20 * MM
_FOOT: Final = 12 * MM
_TOP: Final = _HEIGHT - _MARGIN
_GUTTER: Final = 6 * MM
_COLOURS: Final = {"RGB": "DeviceRGB", "L": "DeviceGray"}
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
    "strong": _Look("bold", 10, 14.5, 3),
    "small": _Look("regular", 8, 11, 3),
}


@dataclass(frozen=True, slots=True)
class ReportLine:
    """A paragraph; `label` is a word of a fact that stands before its text."""

    text: str
    style: Style = "body"
    label: str = ""
    align: Align = "left"


@dataclass(frozen=True, slots=True)
class ReportColumns:
    """Two columns of centred lines: the head of a document, or places to sign.

    `room` is left free below them, in points.
    """

    left: Sequence[ReportLine]
    right: Sequence[ReportLine]
    room: float = 0.0


@dataclass(frozen=True, slots=True)
class ReportPhoto:
    """A JPEG with its caption, at most as wide as the text and as high as a third of the page."""

    jpeg: bytes
    caption: str


@dataclass(frozen=True, slots=True)
class ReportBreak:
    """What follows begins on a new page."""


ReportPart = ReportLine | ReportColumns | ReportPhoto | ReportBreak


@dataclass(frozen=True, slots=True)
class _PlacedPhoto:
    """A photo on a page; lengths in points."""

    number: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class _PlacedText:
    """One line of text on a page."""

    face: Face
    size: float
    x: float
    y: float
    text: str


_Page = list[_PlacedText | _PlacedPhoto]


class _Size(NamedTuple):
    """Pixels of a photo, and its colour space in PDF."""

    width: int
    height: int
    colours: str


def write_report(parts: Sequence[ReportPart], footer: str) -> bytes:
    """Return the PDF of these parts; `footer` stands on each page with the page's number.

    Raises `FontMissing`.
    """
    cleaned = [_clean_part(part) for part in parts]
    foot = _clean(footer)
    lines = [line for part in cleaned for line in _list_lines(part)]
    fonts = _load_fonts([*lines, ReportLine(f"{foot} 0123456789/ ?", "small")])
    photos = [part for part in cleaned if isinstance(part, ReportPhoto)]
    sizes = [_read_size(photo.jpeg) for photo in photos]
    layout = _Layout(fonts, sizes)
    for part in cleaned:
        layout.add(part)
    look = _LOOKS["small"]
    for number, page in enumerate(layout.pages, 1):
        text = f"{foot} {number}/{len(layout.pages)}"
        page.append(_PlacedText(look.face, look.size, _MARGIN, _FOOT, text))
    return _write(layout.pages, fonts, photos, sizes)


def _clean_part(part: ReportPart) -> ReportPart:
    match part:
        case ReportLine():
            return replace(part, text=_clean(part.text), label=_clean(part.label))
        case ReportColumns():
            sides = [
                [replace(line, text=_clean(line.text), label="") for line in side]
                for side in (part.left, part.right)
            ]
            return replace(part, left=sides[0], right=sides[1])
        case ReportPhoto():
            return replace(part, caption=_clean(part.caption))
        case ReportBreak():
            return part


def _list_lines(part: ReportPart) -> Sequence[ReportLine]:
    match part:
        case ReportLine():
            return [part]
        case ReportColumns():
            return [*part.left, *part.right]
        case ReportPhoto():
            return [ReportLine(part.caption, "small")]
        case ReportBreak():
            return []


def is_photo(picture: bytes) -> bool:
    """Whether bytes are a JPEG that a report can show."""
    try:
        _read_size(picture)
    except ValueError:
        return False
    return True


def _read_size(jpeg: bytes) -> _Size:
    """Width and height in pixels, and the colour space of a stored photo. Raises `ValueError`."""
    try:
        with Image.open(BytesIO(jpeg), formats=["JPEG"]) as image:
            return _Size(image.width, image.height, _COLOURS[image.mode])
    except (UnidentifiedImageError, KeyError, OSError) as error:
        raise ValueError("a photo of a report must be a JPEG in colour or grey") from error


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


class _Layout:
    """Fills pages from the top."""

    def __init__(self, fonts: Mapping[Face, FontSubset], sizes: Sequence[_Size]) -> None:
        self._fonts = fonts
        self._sizes = iter(sizes)
        self._photos = 0
        self.pages: list[_Page] = [[]]
        self._y = _TOP

    def add(self, part: ReportPart) -> None:
        """Place a part below the others, on the next page where it has no room."""
        match part:
            case ReportLine():
                self._add_line(part)
            case ReportColumns():
                self._add_columns(part)
            case ReportPhoto():
                self._add_photo(part)
            case ReportBreak():
                self.pages.append([])
                self._y = _TOP

    def _reserve(self, height: float) -> None:
        if self._y - height < _MARGIN and self._y < _TOP:
            self.pages.append([])
            self._y = _TOP

    def _add_line(self, line: ReportLine) -> None:
        look = _LOOKS[line.style]
        label = f"{line.label}: " if line.label else ""
        indent = self._fonts["bold"].width(label) * look.size / 1000 if label else 0.0
        self._y -= look.above if self._y < _TOP else 0
        rows = _wrap(line.text, self._fonts[look.face], look.size, indent)
        for at, row in enumerate(rows):
            self._reserve(look.leading)
            self._y -= look.leading
            x = _MARGIN
            if line.align == "centre":
                x = (_WIDTH - self._measure(row, look)) / 2
            if label and at == 0:
                self._put(_PlacedText("bold", look.size, x, self._y, label.rstrip()))
                x += indent
            self._put(_PlacedText(look.face, look.size, x, self._y, row))

    def _add_columns(self, columns: ReportColumns) -> None:
        width = _WIDTH / 2 - _MARGIN - _GUTTER / 2
        sides = [
            [
                (_LOOKS[line.style], row)
                for line in side
                for row in _wrap(
                    line.text, self._fonts[_LOOKS[line.style].face], _LOOKS[line.style].size,
                    0.0, width,
                )
            ]
            for side in (columns.left, columns.right)
        ]  # fmt: skip
        height = max(sum(look.leading for look, _ in side) for side in sides)
        self._y -= _LOOKS["heading"].above if self._y < _TOP else 0
        self._reserve(height + columns.room)
        for side, middle in zip(
            sides, (_MARGIN + width / 2, _WIDTH - _MARGIN - width / 2), strict=True
        ):
            y = self._y
            for look, row in side:
                y -= look.leading
                x = middle - self._measure(row, look) / 2
                self._put(_PlacedText(look.face, look.size, x, y, row))
        self._y -= height + columns.room

    def _add_photo(self, photo: ReportPhoto) -> None:
        size = next(self._sizes)
        scale = min((_WIDTH - 2 * _MARGIN) / size.width, _HEIGHT / 3 / size.height, 1.0)
        width, height = size.width * scale, size.height * scale
        look = _LOOKS["small"]
        caption = _wrap(photo.caption, self._fonts[look.face], look.size, 0.0)
        self._y -= _LOOKS["heading"].above if self._y < _TOP else 0
        self._reserve(height + look.leading * len(caption))
        self._y -= height
        self.pages[-1].append(_PlacedPhoto(self._photos, _MARGIN, self._y, width, height))
        self._photos += 1
        self._add_line(ReportLine(photo.caption, "small"))

    def _measure(self, row: str, look: _Look) -> float:
        return self._fonts[look.face].width(row) * look.size / 1000

    def _put(self, text: _PlacedText) -> None:
        self.pages[-1].append(text)


def _wrap(
    text: str, font: FontSubset, size: float, indent: float, width: float = _WIDTH - 2 * _MARGIN
) -> list[str]:
    """Break a text between words, and a longer word where the line ends."""
    rows: list[str] = []
    row = ""
    for word in text.split(" "):
        rest = word
        while True:
            room = width - (indent if not rows else 0.0)
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


def _write(
    pages: Sequence[_Page],
    fonts: Mapping[Face, FontSubset],
    photos: Sequence[ReportPhoto],
    sizes: Sequence[_Size],
) -> bytes:
    objects = PdfObjects()
    catalogue, tree = objects.reserve(), objects.reserve()
    names = {face: f"F{at}" for at, face in enumerate(fonts)}
    tags = {face: "VTM" + "ABC" * (at + 1) for at, face in enumerate(fonts)}
    refs = " ".join(
        f"/{names[face]} {add_word_font(objects, font, tags[face][:6])} 0 R"
        for face, font in fonts.items()
    )
    pictures = " ".join(
        f"/P{at} {_add_picture(objects, photo, size)} 0 R"
        for at, (photo, size) in enumerate(zip(photos, sizes, strict=True))
    )
    kids = []
    for page in pages:
        content = objects.stream("\n".join(_draw(one, names, fonts) for one in page).encode())
        kids.append(objects.add(f"<</Type/Page/Parent {tree} 0 R/Contents {content} 0 R>>"))
    listed = " ".join(f"{kid} 0 R" for kid in kids)
    box = format_numbers(0, 0, _WIDTH, _HEIGHT)
    shown = f"/XObject<<{pictures}>>" if pictures else ""
    objects.set_body(
        tree,
        f"<</Type/Pages/Count {len(kids)}/MediaBox[{box}]/Resources<</Font<<{refs}>>{shown}>>"
        f"/Kids[{listed}]>>",
    )
    objects.set_body(catalogue, f"<</Type/Catalog/Pages {tree} 0 R>>")
    return _serialize(objects, catalogue)


def _add_picture(objects: PdfObjects, photo: ReportPhoto, size: _Size) -> int:
    """Add a photo as it is stored: its bytes keep their hash."""
    entries = (
        f"/Type/XObject/Subtype/Image/Width {size.width}/Height {size.height}"
        f"/ColorSpace/{size.colours}/BitsPerComponent 8/Filter/DCTDecode"
    )
    return objects.stream(photo.jpeg, entries, compress=False)


def _draw(
    one: _PlacedText | _PlacedPhoto, names: Mapping[Face, str], fonts: Mapping[Face, FontSubset]
) -> str:
    if isinstance(one, _PlacedPhoto):
        box = format_numbers(one.width, 0, 0, one.height, one.x, one.y)
        return f"q {box} cm /P{one.number} Do Q"
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
