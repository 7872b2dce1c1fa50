"""Bundle: one print run in one format, in parts that are made on demand.

Everything in a part follows from the run, the design, the layout and the part's size, so a part
made again has the same bytes: a download resumes at any byte, and a part is made without the
others. The run is never completely in memory.
"""

import dataclasses
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal, cast

import numpy as np
import orjson
from numpy.typing import NDArray

from printing.bundles.code_list import stream_code_list
from printing.bundles.job_ticket import build_job_ticket
from printing.bundles.symbol_images import ImageFormat, stream_symbol_images
from printing.bundles.zip_stream import stream_zip
from printing.errors import BundleRefused
from printing.labels.design import Design
from printing.labels.layout import Layout, SheetLayout
from printing.pdf.document import compose_label_pdf
from printing.print_run import PrintRun

BundleFormat = Literal["csv", "jsonl", "pdf", "svg", "png", "eps"]
SUFFIX: Final[dict[BundleFormat, str]] = {
    "csv": "csv",
    "jsonl": "jsonl",
    "pdf": "pdf",
    "svg": "svg.zip",
    "png": "png.zip",
    "eps": "eps.zip",
}
DEFAULT_PART: Final = 100_000


@dataclass(frozen=True)
class BundleProgress:
    """Progress of writing: stamps done of ``total``, in the part of this name."""

    done: int
    total: int
    part: str


@dataclass(frozen=True)
class BundlePart:
    """Stamps [lo, hi) of the bundle's run, and their file's name."""

    number: int
    name: str
    lo: int
    hi: int


@dataclass(frozen=True)
class Bundle:
    """One run in one format; the constructor refuses everything that can be refused."""

    run: PrintRun
    form: BundleFormat
    design: Design
    layout: Layout = dataclasses.field(default_factory=SheetLayout)
    part_size: int = DEFAULT_PART

    def __post_init__(self) -> None:
        if self.form not in SUFFIX:
            raise BundleRefused(
                why=f"there is no format {self.form!r}; there are {', '.join(SUFFIX)}"
            )
        if self.part_size < 1:
            raise BundleRefused(why=f"a part holds at least one stamp, not {self.part_size}")
        self.design.make_encoder(self.run.payload)
        if self.form == "pdf":
            if self.design.wants_pin and self.run.pins is None:
                raise BundleRefused(why="the design prints PINs but the batch has none")
            # The first piece composes everything constant, artwork included.
            next(
                compose_label_pdf(
                    self.run, self.design, self.layout, self.run.lo, self.run.hi
                ).stream()
            )

    @property
    def holds_pins(self) -> bool:
        """Whether the files contain PINs; they are then delivered only encrypted."""
        if self.form == "pdf":
            return self.design.wants_pin
        return self.form in ("csv", "jsonl") and self.run.pins is not None

    @cached_property
    def parts(self) -> tuple[BundlePart, ...]:
        """All parts in order."""
        cuts = range(self.run.lo, self.run.hi, self.part_size)
        parts = []
        for number, lo in enumerate(cuts, 1):
            hi = min(lo + self.part_size, self.run.hi)
            name = f"batch-{self.run.batch}-{lo:08}-{hi - 1:08}.{SUFFIX[self.form]}"
            parts.append(BundlePart(number, name, lo, hi))
        return tuple(parts)

    def stream(
        self,
        part: BundlePart,
        start: int = 0,
        progress: Callable[[BundleProgress], None] | None = None,
    ) -> Iterator[bytes]:
        """Yield the part's bytes from byte ``start`` on, in pieces of some megabytes."""
        run = self._report_progress(part, progress) if progress else self.run
        if self.form in ("csv", "jsonl"):
            pieces = stream_code_list(run, self.form, part.lo, part.hi)
        elif self.form == "pdf":
            pieces = compose_label_pdf(run, self.design, self.layout, part.lo, part.hi).stream()
        else:
            form = cast(ImageFormat, self.form)
            # PNG is compressed already.
            pieces = stream_zip(
                stream_symbol_images(run, self.design, form, part.lo, part.hi),
                compress=form != "png",
            )
        for piece in pieces:
            if start >= len(piece):
                start -= len(piece)
            else:
                yield piece[start:] if start else piece
                start = 0

    def build_job_ticket(self) -> dict[str, Any]:
        """The job ticket with the parts listed."""
        symbols = self.design.make_encoder(self.run.payload)
        document = build_job_ticket(self.run, symbols, self.design, self.layout, self.form)
        document["parts"] = [
            {"name": p.name, "first": p.lo, "last": p.hi - 1, "stamps": p.hi - p.lo}
            for p in self.parts
        ]
        return document

    def fingerprint(self) -> str:
        """A digest of what determines the bundle's bytes; the first code represents the keys."""
        run = self.run
        artwork = self.design.artwork if self.form == "pdf" else None
        first = run.stamps(run.lo, run.lo + 1)
        determinants = {
            "run": [run.batch, run.lo, run.hi, repr(run.payload)],
            "format": self.form,
            "design": repr(self.design),
            "artwork": hashlib.sha256(artwork.read_bytes()).hexdigest() if artwork else None,
            "layout": repr(self.layout),
            "part_size": self.part_size,
            "pins": self.holds_pins,
            "first": bytes(first.variable[0]).decode("ascii"),
        }
        return hashlib.sha256(orjson.dumps(determinants, option=orjson.OPT_SORT_KEYS)).hexdigest()

    def _report_progress(
        self, part: BundlePart, progress: Callable[[BundleProgress], None]
    ) -> PrintRun:
        """The run, with a progress report whenever stamps of ``part`` are sealed."""
        done = part.lo - self.run.lo

        def seal(lo: int, hi: int) -> NDArray[np.bytes_]:
            nonlocal done
            codes = self.run.seal(lo, hi)
            done += hi - lo
            progress(BundleProgress(done, self.run.count, part.name))
            return codes

        return dataclasses.replace(self.run, seal=seal)
