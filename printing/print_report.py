"""Print reports: which stamps a print house printed and which it spoiled.

A report is a table with a header line (`web.tables`: CSV as spreadsheets write it), or JSON lines,
with these fields:

- ``state``: ``printed`` or ``spoiled``
- ``roll``: a serial range as printed on the roll, ``17·0-4999``; or ``first`` and ``last``, both
  included, each a bare index or a serial number of the batch
- ``reason``: for spoiled stamps, optional; a reason for voiding (``spoiled`` by default)

States and reasons are read in any case. A number that can be read in two ways (`2.009`) is refused
with both readings. A report is accepted whole or refused with the first line at fault. This module
only parses;
`services.batches.print_reports` applies a report to the ledger.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Literal, NoReturn

from printing.errors import ReportRefused
from stamps import serial_range
from stamps.lifecycle import REASONS, Transition
from web.tables import MalformedTable, parse_table
from web.text_files import UnreadableText, decode_text

FIELDS: Final = frozenset({"state", "roll", "first", "last", "reason"})
STATES: Final = ("printed", "spoiled")
LARGEST: Final = 10_000_000  # bytes; a report of spans is small
MOST_ROWS: Final = 10_000
"""Rows of a report. They are one transaction, for which other writers wait some seconds."""


@dataclass(frozen=True)
class ReportedSpan:
    """Stamps [lo, hi) in one state; ``reason`` only where they are spoiled."""

    state: Literal["printed", "spoiled"]
    lo: int
    hi: int
    reason: str | None
    line: int


@dataclass(frozen=True)
class PrintReport:
    """A parsed report: its spans by index, none overlapping."""

    batch: int
    spans: tuple[ReportedSpan, ...]

    @property
    def printed(self) -> int:
        """Number of stamps printed well."""
        return sum(s.hi - s.lo for s in self.spans if s.state == "printed")

    @property
    def spoiled(self) -> int:
        """Number of spoiled stamps."""
        return sum(s.hi - s.lo for s in self.spans if s.state == "spoiled")


def parse_report(
    content: bytes, *, batch: int, lo: int, hi: int, form: Literal["csv", "jsonl"] | None = None
) -> PrintReport:
    """Parse a report of stamps [lo, hi) of a batch. The first character shows the format.

    Raises `ReportRefused` with the line and the reason.
    """
    if len(content) > LARGEST:
        _refuse(1, f"a report of {len(content)} bytes is larger than {LARGEST}")
    try:
        # A report has no letters that code pages write differently.
        text = decode_text(content, code_page=True)
    except UnreadableText as wrong:
        raise ReportRefused(line=wrong.evidence.get("line", 1), why=wrong.why) from wrong
    if form is None:
        form = "jsonl" if text.lstrip().startswith("{") else "csv"
    rows = _read_jsonl(text) if form == "jsonl" else _read_csv(text)
    spans: list[ReportedSpan] = []
    for line, row in rows:
        if len(spans) == MOST_ROWS:
            _refuse(line, f"a report has at most {MOST_ROWS} rows; send the others in another one")
        spans.append(_parse_row(row, line, batch, lo, hi))
    spans.sort(key=lambda span: span.lo)
    if not spans:
        _refuse(1, "the report names no stamps")
    for before, after in pairwise(spans):
        if after.lo < before.hi:
            later, earlier = sorted((after, before), key=lambda s: s.line, reverse=True)
            shared = serial_range.format_serial_range(batch, after.lo, min(before.hi, after.hi))
            _refuse(
                later.line, f"{shared} was already reported {earlier.state} in line {earlier.line}"
            )
    return PrintReport(batch, tuple(spans))


def _read_csv(text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        table = parse_table(text)
        _check_fields(table.columns, 1)
        for row in table.rows:
            yield row.line, row.cells
    except MalformedTable as wrong:
        raise ReportRefused(line=wrong.line, why=wrong.why) from wrong


def _read_jsonl(text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as wrong:
            raise ReportRefused(line=number, why=f"it is not JSON: {wrong}") from wrong
        if not isinstance(row, dict):
            _refuse(number, "it is not a JSON object")
        _check_fields(list(row), number)
        yield number, {name: value for name, value in row.items() if value is not None}


def _check_fields(names: list[str], line: int) -> None:
    if unknown := [name for name in names if name not in FIELDS]:
        known = ", ".join(sorted(FIELDS))
        _refuse(line, f"there is no field {', '.join(unknown)}; there are {known}")
    if len(set(names)) < len(names):
        _refuse(line, "a field is repeated")
    if "state" not in names or not ({"roll"} <= set(names) or {"first", "last"} <= set(names)):
        _refuse(line, "a report needs the fields state, and roll or first and last")


def _parse_row(row: Mapping[str, Any], line: int, batch: int, lo: int, hi: int) -> ReportedSpan:
    said = row.get("state")
    state = said.strip().lower() if isinstance(said, str) else said
    if state not in STATES:
        _refuse(line, f"the state {said!r} is neither printed nor spoiled")
    first, end = _parse_span(row, line, batch)
    if first < lo or end > hi:
        reported = serial_range.format_serial_range(batch, first, end)
        ordered = serial_range.format_serial_range(batch, lo, hi)
        _refuse(line, f"{reported} is not in what was to be printed, {ordered}")
    reason = row.get("reason")
    if state == "printed":
        if reason is not None:
            _refuse(line, "printed stamps have no reason")
        return ReportedSpan("printed", first, end, None, line)
    reason = "spoiled" if reason is None else reason
    if isinstance(reason, str):
        reason = reason.strip().lower()
    if reason not in REASONS[Transition.VOID]:
        _refuse(line, f"{reason!r} is no reason; there are {', '.join(REASONS[Transition.VOID])}")
    return ReportedSpan("spoiled", first, end, reason, line)


def _parse_span(row: Mapping[str, Any], line: int, batch: int) -> tuple[int, int]:
    """[first, end) of a row."""
    if "roll" in row:
        if "first" in row or "last" in row:
            _refuse(line, "it has both roll and first or last")
        if not isinstance(row["roll"], str):
            _refuse(line, f"{row['roll']!r} is not a serial range")
        run = _parse_range(row["roll"], line, batch)
        if run.hi is None:
            _refuse(line, f"{row['roll']!r} names a whole batch, not a range of stamps")
        return run.lo, run.hi
    if "first" not in row or "last" not in row:
        _refuse(line, "it names no stamps: roll, or first and last, are empty")
    first, last = (_parse_index(row[name], line, batch) for name in ("first", "last"))
    if last < first:
        _refuse(line, f"the last, {last}, is before the first, {first}")
    return first, last + 1


def _parse_index(value: Any, line: int, batch: int) -> int:
    """A bare index or a serial number of the batch."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if not isinstance(value, str):
        _refuse(line, f"{value!r} is neither an index nor a serial number")
    try:
        return serial_range.parse_index(value, batch)
    except serial_range.MalformedRange as wrong:
        _refuse_range(line, wrong)


def _parse_range(text: str, line: int, batch: int) -> serial_range.SerialRange:
    try:
        run = serial_range.parse_serial_range(text)
    except serial_range.MalformedRange as wrong:
        _refuse_range(line, wrong)
    if run.batch != batch:
        _refuse(line, f"{text!r} is of batch {run.batch}; the report is of batch {batch}")
    return run


def _refuse_range(line: int, wrong: serial_range.MalformedRange) -> NoReturn:
    both = {}
    if "readings" in wrong.evidence:
        both = {"text": wrong.text, "readings": wrong.readings}
    raise ReportRefused(line=line, why=str(wrong), **both) from wrong


def _refuse(line: int, why: str) -> NoReturn:
    raise ReportRefused(line=line, why=why)
