"""PDF objects that a file has once: fonts, forms, artwork, colours (ISO 32000-1).

`PdfObjects` numbers objects and keeps their bodies. Bodies are deterministic: no dates, no random
identifiers.
"""

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pikepdf

from printing.errors import DesignRefused
from printing.labels.design import VARIABLE_CHARACTERS
from printing.labels.fonts import FontSubset
from printing.operands import MM, format_numbers

_MOST_PAIRS: Final = 100


class PdfObjects:
    """Numbered PDF objects, in the order of their numbers, starting with 1."""

    def __init__(self) -> None:
        self._bodies: list[bytes | None] = []

    def reserve(self) -> int:
        """Reserve a number; its body is set later."""
        self._bodies.append(None)
        return len(self._bodies)

    def set_body(self, number: int, body: str | bytes) -> None:
        """Set the body of a reserved number."""
        self._bodies[number - 1] = body.encode("ascii") if isinstance(body, str) else body

    def add(self, body: str | bytes) -> int:
        """Add an object; returns its number."""
        number = self.reserve()
        self.set_body(number, body)
        return number

    def stream(self, data: bytes, entries: str = "", *, compress: bool = True) -> int:
        """Add a stream object; ``entries`` are further dictionary entries."""
        if compress:
            data, entries = zlib.compress(data, 9), f"{entries}/Filter/FlateDecode"
        return self.add(
            f"<<{entries}/Length {len(data)}>>\nstream\n".encode() + data + b"\nendstream"
        )

    def __len__(self) -> int:
        return len(self._bodies)

    def serialize(self) -> Iterator[tuple[int, bytes]]:
        """Number and bytes of every object that has a body."""
        for at, body in enumerate(self._bodies, 1):
            if body is not None:
                yield at, b"%d 0 obj\n" % at + body + b"\nendobj\n"


def add_word_font(objects: PdfObjects, font: FontSubset, tag: str) -> int:
    """Add a composite font addressed by glyph number, for words with any Vietnamese letter."""
    file = objects.add(_embed_program(font))
    descriptor = objects.add(_describe_font(font, file, tag, flags=4))
    by_glyph = sorted((glyph, c) for c, glyph in font.glyphs.items())
    widths = " ".join(f"{g} [{format_numbers(font.advances[c])}]" for g, c in by_glyph)
    descendant = objects.add(
        f"<</Type/Font/Subtype/CIDFontType2/BaseFont/{tag}+{font.name}"
        "/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
        f"/FontDescriptor {descriptor} 0 R/CIDToGIDMap/Identity/DW 600/W[{widths}]>>"
    )
    pairs = [f"<{g:04X}> <{ord(c):04X}>" for g, c in by_glyph]
    # At most a hundred pairs a block (Adobe technical note 5411).
    blocks = [pairs[at : at + _MOST_PAIRS] for at in range(0, len(pairs), _MOST_PAIRS)]
    listed = "".join(
        f"{len(block)} beginbfchar\n{chr(10).join(block)}\nendbfchar\n" for block in blocks
    )
    unicode = objects.stream(
        (
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
            "/CMapName /Veritem-UCS def /CMapType 2 def\n"
            "1 begincodespacerange <0000> <FFFF> endcodespacerange\n"
            f"{listed}"
            "endcmap CMapName currentdict /CMap defineresource pop end end"
        ).encode("ascii")
    )
    return objects.add(
        f"<</Type/Font/Subtype/Type0/BaseFont/{tag}+{font.name}/Encoding/Identity-H"
        f"/DescendantFonts[{descendant} 0 R]/ToUnicode {unicode} 0 R>>"
    )


def add_variable_font(objects: PdfObjects, font: FontSubset, tag: str) -> int:
    """Add a simple font, one byte a letter, for codes, serial numbers and PINs."""
    file = objects.add(_embed_program(font))
    descriptor = objects.add(_describe_font(font, file, tag, flags=33))
    advances = {c.encode("cp1252")[0]: font.advances[c] for c in VARIABLE_CHARACTERS}
    first, last = min(advances), max(advances)
    widths = format_numbers(*(advances.get(code, 0) for code in range(first, last + 1)))
    return objects.add(
        f"<</Type/Font/Subtype/TrueType/BaseFont/{tag}+{font.name}/Encoding/WinAnsiEncoding"
        f"/FirstChar {first}/LastChar {last}/Widths[{widths}]/FontDescriptor {descriptor} 0 R>>"
    )


def add_registration_colour(objects: PdfObjects) -> int:
    """Add the colour of marks, which prints on every plate."""
    return objects.add(
        "[/Separation/All/DeviceCMYK<</FunctionType 2/Domain[0 1]/C0[0 0 0 0]/C1[1 1 1 1]/N 1>>]"
    )


def add_artwork_form(objects: PdfObjects, path: Path, width_mm: float, height_mm: float) -> int:
    """Add the first page of the designer's PDF as a form whose trim box is the label.

    The area around the trim box stays, for the bleed. The artwork goes in first, because its
    objects keep the numbers of pikepdf. Raises `DesignRefused` when the file is not a PDF or its
    trim box differs from the label by over 0.5 mm.
    """
    if len(objects):
        raise ValueError("artwork goes in first")
    try:
        with pikepdf.open(path) as source, pikepdf.new() as carrier:
            page = source.pages[0]
            form = carrier.copy_foreign(page.as_form_xobject())
            form.BBox = pikepdf.Array([float(v) for v in page.mediabox])
            # A rotated page has a matrix; it also applies to the corners of the trim box.
            turn = pikepdf.Matrix(form.Matrix) if "/Matrix" in form else pikepdf.Matrix()
            trim = turn.transform(pikepdf.Rectangle(*(float(v) for v in page.trimbox)))
            _check_size(path, trim.width / MM, trim.height / MM, width_mm, height_mm)
            # Row vectors: the page's own rotation first, then the shift to the label's corner.
            moved = turn @ pikepdf.Matrix().translated(-trim.llx, -trim.lly)
            form.Matrix = moved.as_array()
            used: dict[int, pikepdf.Object] = {}
            _collect_objects(form, used)
            for at in range(1, max(used) + 1):
                objects.reserve()
                if at in used:
                    objects.set_body(at, _serialize_foreign(used[at]))
            return int(form.objgen[0])
    except (pikepdf.PdfError, OSError, IndexError) as wrong:
        raise DesignRefused(why=f"the artwork {path} cannot be read: {wrong}") from wrong


def _check_size(path: Path, width: float, height: float, wanted: float, high: float) -> None:
    if abs(width - wanted) > 0.5 or abs(height - high) > 0.5:
        raise DesignRefused(
            why=f"the artwork {path.name} has {width:.1f} × {height:.1f} mm between its trim "
            f"marks, the label {wanted:g} × {high:g} mm"
        )


def _collect_objects(body: pikepdf.Object, used: dict[int, pikepdf.Object]) -> None:
    """Collect the indirect objects that ``body`` reaches, by number."""
    if body.is_indirect:
        if body.objgen[0] in used:
            return
        used[body.objgen[0]] = body
    if isinstance(body, pikepdf.Array):
        inner = list(body)
    elif isinstance(body, pikepdf.Dictionary | pikepdf.Stream):
        # A form needs no reference back to its page tree.
        inner = [value for key, value in body.items() if key not in ("/Parent", "/P")]
    else:
        return
    for value in inner:
        if isinstance(value, pikepdf.Object):
            _collect_objects(value, used)


def _serialize_foreign(body: pikepdf.Object) -> bytes:
    """A pikepdf object as bytes of a file."""
    if isinstance(body, pikepdf.Stream):
        raw = body.read_raw_bytes()
        head = pikepdf.Dictionary(dict(body.stream_dict.items()))
        head.Length = len(raw)
        return head.unparse() + b"\nstream\n" + raw + b"\nendstream"
    return body.unparse(resolved=True)


def _embed_program(font: FontSubset) -> bytes:
    head = f"<</Filter/FlateDecode/Length {len(font.program)}/Length1 {font.program_size}>>"
    return head.encode() + b"\nstream\n" + font.program + b"\nendstream"


def _describe_font(font: FontSubset, file: int, tag: str, flags: int) -> str:
    box = format_numbers(*font.box)
    return (
        f"<</Type/FontDescriptor/FontName/{tag}+{font.name}/Flags {flags}/FontBBox[{box}]"
        f"/ItalicAngle 0/Ascent {format_numbers(font.ascent)}"
        f"/Descent {format_numbers(font.descent)}"
        f"/CapHeight {format_numbers(font.cap_height)}/StemV 90/FontFile2 {file} 0 R>>"
    )
