"""What a packer scans: labels of cartons, codes of stamps and serial ranges, one a line.

    (00)389350000100000014          the label of the carton
    HTTPS://VERITEM.VN/S/0D9FR…     a stamp, as a hand scanner sends it
    7·0-479                         a serial range, typed

Every line is read before anything is done, and all lines that cannot be read are told at once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from services.context import ServiceContext
from services.errors import UnreadLines
from services.stamps.stamp_lookup import StampFinder
from stamps.errors import VeritemError
from stamps.serial_range import is_serial_range_form, parse_serial_range
from stamps.stamp_ranges import StampRange, join_ranges
from traceability.carton_label import read_carton_label

MOST_LINES: Final = 2_000
_LONGEST: Final = 60
"""Characters of a line that are repeated."""


class TooManyLines(VeritemError):
    """More lines than one act takes."""

    code = "too-many-lines"
    message = "one act takes at most {most} lines"


class WholeBatch(VeritemError):
    """A line names a whole batch, which nobody scans into a carton."""

    code = "whole-batch"
    message = "{text} names a whole batch; write the first and the last stamp, 7·0-479"


class LabelMissing(VeritemError):
    """No line is the label of a carton or pallet."""

    code = "label-missing"
    message = "no line is the label of a carton: scan it, or write a number such as T-000123"


class ContentsMissing(VeritemError):
    """Nothing is named beside the label."""

    code = "contents-missing"
    message = "name the stamps or cartons that are packed"


class MixedContents(VeritemError):
    """Stamps and cartons are named together."""

    code = "mixed-contents"
    message = "stamps go into cartons and cartons onto pallets: name one kind at a time"


@dataclass(frozen=True, slots=True)
class ScannedContents:
    """Labels in the order in which they were scanned, and the set of all stamps."""

    labels: Sequence[str]
    stamps: Sequence[StampRange]


async def read_contents(context: ServiceContext, lines: Iterable[str]) -> ScannedContents:
    """What lines name; empty lines are skipped. A stamp or label that comes twice counts once.

    Raises `Forbidden`, `TooManyLines`, `UnreadLines`.
    """
    finder = StampFinder(context)
    labels: dict[str, None] = {}
    stamps: list[StampRange] = []
    unread: list[tuple[int, str, str, str]] = []
    for number, line in enumerate(lines, start=1):
        if number > MOST_LINES:
            raise TooManyLines(most=MOST_LINES)
        text = line.strip()
        if not text:
            continue
        try:
            label = read_carton_label(text)
            if label is not None:
                labels[label] = None
                continue
            if is_serial_range_form(text) and parse_serial_range(text).hi is None:
                raise WholeBatch(text=text)
            found = await finder.find(text)
            stamps.append(StampRange(found.batch.number, found.lo, found.hi))
        except VeritemError as refusal:
            unread.append((number, text[:_LONGEST], refusal.code, str(refusal)))
    if unread:
        raise UnreadLines(unread)
    return ScannedContents(tuple(labels), join_ranges(stamps))


async def read_scan(context: ServiceContext, text: str) -> tuple[str, ScannedContents]:
    """The label of what is packed into, and the contents, of one text with a code a line.

    The label of a carton stands anywhere among its stamps; of several labels the first is the
    pallet. Raises as `read_contents` does, `LabelMissing`, `ContentsMissing`, `MixedContents`.
    """
    read = await read_contents(context, text.splitlines())
    if not read.labels:
        raise LabelMissing
    label, *others = read.labels
    return label, check_contents(ScannedContents(tuple(others), read.stamps))


def check_contents(contents: ScannedContents) -> ScannedContents:
    """Contents of one kind. Raises `ContentsMissing`, `MixedContents`."""
    if contents.labels and contents.stamps:
        raise MixedContents
    if not contents.labels and not contents.stamps:
        raise ContentsMissing
    return contents
