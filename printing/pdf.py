"""A PDF of labels, streamed: head, pages by the thousand, table, tail.

The file is written forward only, in a few buffers, with pages as numpy arrays: every page's
content is one template (static form, slug line, one record a place), so a thousand pages are one
array, and the sizes of all objects, hence the cross-reference table, are known by arithmetic. The
same run, design and layout give the same bytes.

Content streams are not compressed: that would cost more time than all the rest, and the records
of one width are what makes a part's bytes computable. The colour of marks is registration
(all plates); everything else is as the design says.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from printing.design import MM, Design
from printing.fonts import cut
from printing.label import PLACE, Label, number, prepare, typed
from printing.layout import Imposition, Layout
from printing.marks import marks
from printing.objects import (
    Objects,
    artwork_form,
    registration_colour,
    typed_font,
    word_font,
)
from printing.records import Bytes, Template, decimals, equal_width
from printing.run import PrintRun

_CHUNK: Final = 8192  # labels made at once
_SLUG: Final = "Veritem · lô tem {batch} · mẫu {design} · tờ"
_SLUG_PT: Final = 6.0
_SLUG_OFF: Final = 7.2 * MM  # below the lowest labels, clear of the crop marks
_SLUG_WIDTH: Final = 56  # characters of the slug's variable part
_HEADER: Final = b"%PDF-1.7\n%\xc2\xb5\xc2\xb6\n"


@dataclass(frozen=True)
class LabelPdf:
    """The PDF of stamps [lo, hi) of a run. `stream` gives its bytes, the same ones every time."""

    run: PrintRun
    design: Design
    imposition: Imposition
    label: Label
    lo: int
    hi: int

    @property
    def pages(self) -> int:
        """How many pages the file has."""
        return self.imposition.pages(self.hi - self.lo)

    def stream(self) -> Iterator[bytes]:
        """The file's bytes, in pieces of some megabytes."""
        static = self._static
        yield _HEADER
        at = len(_HEADER)
        offsets = {}
        for name, body in static.objects.written():
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
        box = f"[0 0 {number(self._width)} {number(self._height)}]"
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
    def _static(self) -> "_Static":
        return _static(self)

    def _page_chunks(self, first: int) -> Iterator[tuple[int, int]]:
        """Runs of pages whose object numbers have equally many digits, of at most _CHUNK labels."""
        step = max(1, _CHUNK // len(self.imposition.places))
        # An even first number keeps a page and its content on one side of a power of ten.
        for lo, hi, _ in equal_width(first, first + 2 * self.pages):
            start, end = (lo - first) // 2, (hi - first) // 2
            for page in range(start, end, step):
                yield page, min(page + step, end)

    def _page_head(self, first: int, page: int) -> Template:
        digits = len(str(first + 2 * page))
        static = self._static
        kind = f"/Type/Page/Parent {static.tree} 0 R/TrimBox{static.trim}"
        opening = f" 0 obj\n<<{kind}/Contents ".encode()
        return Template((digits, opening, digits, b" 0 R>>\nendobj\n"))

    def _page(self, first: int, page: int) -> tuple[Template, int]:
        """The template of one page (object and content), and where its records start."""
        head = self._page_head(first, page)
        digits = head.pieces[0]
        records = len(self.imposition.places) * self.label.record.width
        slug: tuple[bytes | int, ...] = (b"\n",)
        if self.imposition.marks:
            slug = (self._static.slug_at, _SLUG_WIDTH, b")Tj ET\n")
        start = b"/S Do\n" if self.imposition.marks else b""
        content = Template((start, records, *slug))
        opening = b" 0 obj\n<</Length %d>>\nstream\n" % content.width
        pieces = (*head.pieces, digits, opening, *content.pieces, b"endstream\nendobj\n")
        at = head.width + int(digits) + len(opening) + len(start)
        return Template(pieces), at

    def _block(self, start: int, end: int, first: int) -> Bytes:
        """Pages [start, end) as (pages, bytes of a page)."""
        template, _ = self._page(first, start)
        count = end - start
        stamp = self.imposition.filled(self.hi - self.lo, start, end)
        width = self.label.record.width
        records = np.full((count, stamp.shape[1], width), 32, np.uint8)
        places = self._places
        if self.imposition.order == "across":
            stamps = self.run.stamps(
                self.lo + int(stamp.ravel()[0]), self.lo + int(stamp.max()) + 1
            )
            filled = self.label.records(stamps, np.tile(places, (count, 1))[: len(stamps.indexes)])
            records.reshape(-1, width)[: len(filled)] = filled
        else:
            for place in range(stamp.shape[1]):
                lane = stamp[:, place]
                lane = lane[lane >= 0]
                if len(lane):
                    stamps = self.run.stamps(self.lo + int(lane[0]), self.lo + int(lane[-1]) + 1)
                    spot = np.broadcast_to(places[place], (len(lane), PLACE))
                    records[: len(lane), place] = self.label.records(stamps, spot)
        page = np.arange(start, end)
        digits = template.pieces[0]
        numbers = (
            decimals(first + 2 * page, int(digits)),
            decimals(first + 2 * page + 1, int(digits)),
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
            text += f"{number(x * MM):>8} {number(low):>8}"
        return np.frombuffer(text.encode("ascii"), np.uint8).reshape(-1, PLACE)

    def _slugs(self, page: NDArray[np.int64], stamp: NDArray[np.int64]) -> Bytes:
        """The variable part of the slug line: sheet of sheets, first and last roll number."""
        batch = self.run.batch
        texts = []
        for at, row in zip(page, stamp, strict=True):
            held = self.lo + row[row >= 0]
            text = f"{at + 1}/{self.pages}   {batch}·{held[0]} – {batch}·{held[-1]}"
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
        rows = Template((10, b" ", 5, b" ", 1, b" \n")).fill(
            size,
            [
                decimals(entries, 10),
                decimals(np.where(used, 0, 65535), 5),
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
class _Static:
    """What a file holds once, and what its pages say of it."""

    objects: Objects
    catalog: int
    tree: int
    info: int
    resources: int
    first_page: int  # the first page's object number, even
    trim: str
    slug_at: bytes


def label_pdf(run: PrintRun, design: Design, layout: Layout, lo: int, hi: int) -> LabelPdf:
    """Compose the PDF of stamps [lo, hi). Raises `DesignRefused`, `LayoutRefused` and kin."""
    symbols = design.engine(run.payload)
    label = prepare(design, symbols, run.batch)
    return LabelPdf(run, design, layout.impose(design), label, lo, hi)


def _static(pdf: LabelPdf) -> _Static:
    design, imposition = pdf.design, pdf.imposition
    objects = Objects()
    width, height, bleed = (v * MM for v in (design.width_mm, design.height_mm, design.bleed_mm))
    artwork = ""
    if design.artwork:
        name = artwork_form(objects, design.artwork, design.width_mm, design.height_mm)
        artwork = f"/XObject<</A {name} 0 R>>"
    tree = objects.reserve()
    catalog = objects.add(f"<</Type/Catalog/Pages {tree} 0 R>>")
    title = f"Veritem {pdf.run.batch}: {pdf.lo}-{pdf.hi - 1}"
    info = objects.add(f"<</Title({title})/Producer(Veritem)>>")
    fonts = {
        face: word_font(objects, font, f"VRT{face[:3].upper()}")
        for face, font in sorted(pdf.label.faces.items())
    }
    words = "".join(f"/{face} {name} 0 R" for face, name in fonts.items())
    box = " ".join(number(v) for v in (-bleed, -bleed, width + bleed, height + bleed))
    form = objects.stream(
        pdf.label.form,
        f"/Type/XObject/Subtype/Form/BBox[{box}]/Resources<</Font<<{words}>>{artwork}>>",
    )
    xobjects = f"/L {form} 0 R"
    slug_at = b""
    if imposition.marks:
        sheet, slug_at = _sheet_form(pdf, objects)
        xobjects += f"/S {sheet} 0 R"
    typed_name = typed_font(objects, typed(), "VRTTYP")
    resources = objects.add(f"<</Font<</T {typed_name} 0 R>>/XObject<<{xobjects}>>>>")
    first = len(objects) + 1
    return _Static(objects, catalog, tree, info, resources, first + first % 2, _trim(pdf), slug_at)


def _sheet_form(pdf: LabelPdf, objects: Objects) -> tuple[int, bytes]:
    """Marks and the slug line's constant words; and where its variable part is written."""
    design, imposition = pdf.design, pdf.imposition
    words = _SLUG.format(batch=pdf.run.batch, design=design.name)
    font = cut("regular", frozenset(words))
    x = min(x for x, _ in imposition.places) * MM
    y = (
        imposition.height_mm - max(y for _, y in imposition.places) - design.height_mm
    ) * MM - _SLUG_OFF
    glyphs = "".join(f"{font.glyphs[c]:04X}" for c in words)
    content = (
        marks(imposition, design.width_mm, design.height_mm)
        + f"\nBT 0 0 0 1 k /W {number(_SLUG_PT)} Tf {number(x)} {number(y)} Td <{glyphs}> Tj ET"
    )
    colour = registration_colour(objects)
    name = word_font(objects, font, "VRTSLG")
    box = f"0 0 {number(imposition.width_mm * MM)} {number(imposition.height_mm * MM)}"
    form = objects.stream(
        content.encode("ascii"),
        f"/Type/XObject/Subtype/Form/BBox[{box}]"
        f"/Resources<</Font<</W {name} 0 R>>/ColorSpace<</All {colour} 0 R>>>>",
    )
    after = x + (font.width(words) + 400) * _SLUG_PT / 1000
    return form, f"BT 0 0 0 1 k /T {number(_SLUG_PT)} Tf {number(after)} {number(y)} Td (".encode()


def _trim(pdf: LabelPdf) -> str:
    """The box that is left after cutting: all labels of the page."""
    design, imposition = pdf.design, pdf.imposition
    xs = [x for x, _ in imposition.places]
    ys = [y for _, y in imposition.places]
    low = imposition.height_mm - max(ys) - design.height_mm
    edges = (min(xs), low, max(xs) + design.width_mm, imposition.height_mm - min(ys))
    return "[" + " ".join(number(v * MM) for v in edges) + "]"
