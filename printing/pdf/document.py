"""Streamed PDF of labels: header, constant objects, pages by the thousand, cross-reference table.

The file is written forward only, in a few buffers, with pages as numpy arrays: every page's
content is one template (constant form, slug line, one record a place), so a thousand pages are one
array, and the sizes of all objects, hence the cross-reference table, are known by arithmetic. The
same run, design and layout give the same bytes.

Content streams are not compressed: compression would take longer than everything else, and records
of one width are what makes the bytes of a part computable. Marks have the registration colour (all
plates); everything else has the inks of the design.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from printing.byte_template import Bytes, ByteTemplate, format_decimals, split_by_digits
from printing.labels.design import Design
from printing.labels.fonts import subset_font
from printing.labels.label import PLACE, CompiledLabel, compile_label, variable_font
from printing.labels.layout import Imposition, Layout
from printing.operands import MM, format_numbers
from printing.pdf.crop_marks import draw_crop_marks
from printing.pdf.objects import (
    PdfObjects,
    add_artwork_form,
    add_registration_colour,
    add_variable_font,
    add_word_font,
)
from printing.print_run import PrintRun

_CHUNK: Final = 8192  # labels made at once
_SLUG: Final = "Veritem · lô tem {batch} · mẫu {design} · tờ"
_SLUG_PT: Final = 6.0
_SLUG_OFF: Final = 7.2 * MM  # below the lowest labels, clear of the crop marks
_SLUG_WIDTH: Final = 56  # characters of the slug's variable part
_HEADER: Final = b"%PDF-1.7\n%\xc2\xb5\xc2\xb6\n"


@dataclass(frozen=True)
class LabelPdf:
    """The PDF of stamps [lo, hi) of a run; `stream` yields the same bytes every time."""

    run: PrintRun
    design: Design
    imposition: Imposition
    label: CompiledLabel
    lo: int
    hi: int

    @property
    def pages(self) -> int:
        """Number of pages."""
        return self.imposition.pages(self.hi - self.lo)

    def stream(self) -> Iterator[bytes]:
        """The file's bytes, in pieces of some megabytes."""
        static = self._static
        yield _HEADER
        at = len(_HEADER)
        offsets = {}
        for name, body in static.objects.serialize():
            offsets[name] = at
            at += len(body)
            yield body
        first = static.first_page
        page_offsets = np.empty((self.pages, 2), np.int64)
        for start, end in self._page_chunks(first):
            block = self._block(start, end, first)
            width = block.shape[1]
            page_offsets[start:end, 0] = at + width * np.arange(end - start)
            page_offsets[start:end, 1] = (
                page_offsets[start:end, 0] + self._page_head(first, start).width
            )
            at += block.size
            yield block.tobytes()
        kids = b" ".join(b"%d 0 R" % (first + 2 * page) for page in range(self.pages))
        offsets[static.tree] = at
        box = f"[{format_numbers(0, 0, self._width, self._height)}]"
        tree = (
            f"{static.tree} 0 obj\n<</Type/Pages/Count {self.pages}/MediaBox{box}"
            f"/Resources {static.resources} 0 R/Kids[".encode()
            + kids
            + b"]>>\nendobj\n"
        )
        yield tree
        yield self._tail(offsets, page_offsets, first, at + len(tree))

    @property
    def _width(self) -> float:
        return self.imposition.width_mm * MM

    @property
    def _height(self) -> float:
        return self.imposition.height_mm * MM

    @cached_property
    def _static(self) -> "_ConstantObjects":
        return _compose_constants(self)

    def _page_chunks(self, first: int) -> Iterator[tuple[int, int]]:
        """Ranges of pages with object numbers of one length and at most _CHUNK labels."""
        step = max(1, _CHUNK // len(self.imposition.places))
        # The first number is even, so a page and its content have numbers of one length.
        for lo, hi, _ in split_by_digits(first, first + 2 * self.pages):
            start, end = (lo - first) // 2, (hi - first) // 2
            for page in range(start, end, step):
                yield page, min(page + step, end)

    def _page_head(self, first: int, page: int) -> ByteTemplate:
        digits = len(str(first + 2 * page))
        static = self._static
        kind = f"/Type/Page/Parent {static.tree} 0 R/TrimBox{static.trim}"
        opening = f" 0 obj\n<<{kind}/Contents ".encode()
        return ByteTemplate((digits, opening, digits, b" 0 R>>\nendobj\n"))

    def _page(self, first: int, page: int) -> tuple[ByteTemplate, int]:
        """The template of one page (object and content), and the offset of its records."""
        head = self._page_head(first, page)
        digits = head.pieces[0]
        records = len(self.imposition.places) * self.label.record.width
        slug: tuple[bytes | int, ...] = (b"\n",)
        if self.imposition.marks:
            slug = (self._static.slug_at, _SLUG_WIDTH, b")Tj ET\n")
        start = b"/S Do\n" if self.imposition.marks else b""
        content = ByteTemplate((start, records, *slug))
        opening = b" 0 obj\n<</Length %d>>\nstream\n" % content.width
        pieces = (*head.pieces, digits, opening, *content.pieces, b"endstream\nendobj\n")
        at = head.width + int(digits) + len(opening) + len(start)
        return ByteTemplate(pieces), at

    def _block(self, start: int, end: int, first: int) -> Bytes:
        """Pages [start, end) as (pages, bytes of a page)."""
        template, _ = self._page(first, start)
        count = end - start
        stamp = self.imposition.assign_stamps(self.hi - self.lo, start, end)
        width = self.label.record.width
        records = np.full((count, stamp.shape[1], width), 32, np.uint8)
        places = self._places
        if self.imposition.order == "across":
            stamps = self.run.stamps(
                self.lo + int(stamp.ravel()[0]), self.lo + int(stamp.max()) + 1
            )
            filled = self.label.fill_records(
                stamps, np.tile(places, (count, 1))[: len(stamps.indexes)]
            )
            records.reshape(-1, width)[: len(filled)] = filled
        else:
            for place in range(stamp.shape[1]):
                lane = stamp[:, place]
                lane = lane[lane >= 0]
                if len(lane):
                    stamps = self.run.stamps(self.lo + int(lane[0]), self.lo + int(lane[-1]) + 1)
                    spot = np.broadcast_to(places[place], (len(lane), PLACE))
                    records[: len(lane), place] = self.label.fill_records(stamps, spot)
        page = np.arange(start, end)
        digits = template.pieces[0]
        numbers = (
            format_decimals(first + 2 * page, int(digits)),
            format_decimals(first + 2 * page + 1, int(digits)),
        )
        columns = [*numbers, numbers[1], records.reshape(count, -1)]
        if self.imposition.marks:
            columns.append(self._slugs(page, stamp))
        return template.fill(count, columns)

    @cached_property
    def _places(self) -> Bytes:
        text = ""
        for x, y in self.imposition.places:
            low = self._height - (y + self.design.height_mm) * MM
            text += f"{format_numbers(x * MM):>8} {format_numbers(low):>8}"
        return np.frombuffer(text.encode("ascii"), np.uint8).reshape(-1, PLACE)

    def _slugs(self, page: NDArray[np.int64], stamp: NDArray[np.int64]) -> Bytes:
        """The variable part of the slug line: sheet of sheets, first and last serial number."""
        batch = self.run.batch
        texts = []
        for at, row in zip(page, stamp, strict=True):
            serials = self.lo + row[row >= 0]
            text = f"{at + 1}/{self.pages}   {batch}·{serials[0]} – {batch}·{serials[-1]}"
            texts.append(text.encode("cp1252").ljust(_SLUG_WIDTH))
        return np.frombuffer(b"".join(texts), np.uint8).reshape(len(page), _SLUG_WIDTH)

    def _tail(
        self, offsets: dict[int, int], pages: NDArray[np.int64], first: int, table: int
    ) -> bytes:
        size = first + 2 * self.pages
        entries = np.zeros(size, np.int64)
        used = np.zeros(size, bool)
        for name, offset in offsets.items():
            entries[name], used[name] = offset, True
        entries[first:], used[first:] = pages.ravel(), True
        rows = ByteTemplate((10, b" ", 5, b" ", 1, b" \n")).fill(
            size,
            [
                format_decimals(entries, 10),
                format_decimals(np.where(used, 0, 65535), 5),
                np.where(used, 110, 102).astype(np.uint8)[:, None],  # n: in use, f: free
            ],
        )
        static = self._static
        mark = hashlib.sha256(
            repr((self.run.batch, self.lo, self.hi, self.run.payload, self.design)).encode()
        ).hexdigest()[:32]
        return (
            b"xref\n0 %d\n" % size
            + rows.tobytes()
            + f"trailer\n<</Size {size}/Root {static.catalog} 0 R/Info {static.info} 0 R"
            f"/ID[<{mark}><{mark}>]>>\nstartxref\n{table}\n%%EOF\n".encode()
        )


@dataclass(frozen=True)
class _ConstantObjects:
    """The constant objects of a file, and what its pages refer to."""

    objects: PdfObjects
    catalog: int
    tree: int
    info: int
    resources: int
    first_page: int  # the first page's object number, even
    trim: str
    slug_at: bytes


def compose_label_pdf(run: PrintRun, design: Design, layout: Layout, lo: int, hi: int) -> LabelPdf:
    """Compose the PDF of stamps [lo, hi). Raises `DesignRefused`, `LayoutRefused` …"""
    symbols = design.make_encoder(run.payload)
    label = compile_label(design, symbols, run.batch)
    return LabelPdf(run, design, layout.impose(design), label, lo, hi)


def _compose_constants(pdf: LabelPdf) -> _ConstantObjects:
    design, imposition = pdf.design, pdf.imposition
    objects = PdfObjects()
    width, height, bleed = (v * MM for v in (design.width_mm, design.height_mm, design.bleed_mm))
    artwork = ""
    if design.artwork:
        name = add_artwork_form(objects, design.artwork, design.width_mm, design.height_mm)
        artwork = f"/XObject<</A {name} 0 R>>"
    tree = objects.reserve()
    catalog = objects.add(f"<</Type/Catalog/Pages {tree} 0 R>>")
    title = f"Veritem {pdf.run.batch}: {pdf.lo}-{pdf.hi - 1}"
    info = objects.add(f"<</Title({title})/Producer(Veritem)>>")
    fonts = {
        face: add_word_font(objects, font, f"VRT{face[:3].upper()}")
        for face, font in sorted(pdf.label.faces.items())
    }
    words = "".join(f"/{face} {name} 0 R" for face, name in fonts.items())
    box = format_numbers(-bleed, -bleed, width + bleed, height + bleed)
    form = objects.stream(
        pdf.label.form,
        f"/Type/XObject/Subtype/Form/BBox[{box}]/Resources<</Font<<{words}>>{artwork}>>",
    )
    xobjects = f"/L {form} 0 R"
    slug_at = b""
    if imposition.marks:
        sheet, slug_at = _sheet_form(pdf, objects)
        xobjects += f"/S {sheet} 0 R"
    variable_name = add_variable_font(objects, variable_font(), "VRTTYP")
    resources = objects.add(f"<</Font<</T {variable_name} 0 R>>/XObject<<{xobjects}>>>>")
    first = len(objects) + 1
    return _ConstantObjects(
        objects, catalog, tree, info, resources, first + first % 2, _trim(pdf), slug_at
    )


def _sheet_form(pdf: LabelPdf, objects: PdfObjects) -> tuple[int, bytes]:
    """Marks and the constant words of the slug line; the operators before its variable part."""
    design, imposition = pdf.design, pdf.imposition
    words = _SLUG.format(batch=pdf.run.batch, design=design.name)
    font = subset_font("regular", frozenset(words))
    x = min(x for x, _ in imposition.places) * MM
    y = (
        imposition.height_mm - max(y for _, y in imposition.places) - design.height_mm
    ) * MM - _SLUG_OFF
    glyphs = "".join(f"{font.glyphs[c]:04X}" for c in words)
    content = (
        draw_crop_marks(imposition, design.width_mm, design.height_mm)
        + f"\nBT 0 0 0 1 k /W {format_numbers(_SLUG_PT)} Tf "
        + f"{format_numbers(x, y)} Td <{glyphs}> Tj ET"
    )
    colour = add_registration_colour(objects)
    name = add_word_font(objects, font, "VRTSLG")
    box = format_numbers(0, 0, imposition.width_mm * MM, imposition.height_mm * MM)
    form = objects.stream(
        content.encode("ascii"),
        f"/Type/XObject/Subtype/Form/BBox[{box}]"
        f"/Resources<</Font<</W {name} 0 R>>/ColorSpace<</All {colour} 0 R>>>>",
    )
    after = x + (font.width(words) + 400) * _SLUG_PT / 1000
    return (
        form,
        f"BT 0 0 0 1 k /T {format_numbers(_SLUG_PT)} Tf {format_numbers(after, y)} Td (".encode(),
    )


def _trim(pdf: LabelPdf) -> str:
    """The trim box: all labels of the page."""
    design, imposition = pdf.design, pdf.imposition
    xs = [x for x, _ in imposition.places]
    ys = [y for _, y in imposition.places]
    low = imposition.height_mm - max(ys) - design.height_mm
    edges = (min(xs), low, max(xs) + design.width_mm, imposition.height_mm - min(ys))
    return "[" + format_numbers(*(edge * MM for edge in edges)) + "]"
