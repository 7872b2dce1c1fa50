"""Code lists for presses with their own variable-data software: CSV and JSON lines.

CSV is RFC 4180 (comma, CRLF, one header line, UTF-8); JSONL is one object a line. Both have the
index in the batch, the code, the URI exactly as the symbol must say it, the serial number
``batch·index``, and the PIN when the batch has one. No value needs quoting.

A CSV file survives a spreadsheet: it begins with a byte order mark, without which Excel shows
``17Â·0``, and a PIN is written in two groups of four, because eight digits lose their zeros there.
"""

from codecs import BOM_UTF8
from collections.abc import Iterator
from typing import Literal

import numpy as np

from printing.byte_template import Bytes, ByteTemplate, format_decimals, split_by_digits
from printing.print_run import CODE, PrintRun, StampColumns
from printing.qr.payload import Piece, VariableField

CodeListFormat = Literal["csv", "jsonl"]
_CHUNK = 1 << 15


def stream_code_list(run: PrintRun, form: CodeListFormat, lo: int, hi: int) -> Iterator[bytes]:
    """Yield the list of indexes [lo, hi) in chunks of some megabytes, the CSV header first."""
    if form == "csv":
        yield BOM_UTF8 + b"index,code,uri,roll" + (b",pin" if run.pins else b"") + b"\r\n"
    for start in range(lo, hi, _CHUNK):
        stop = min(start + _CHUNK, hi)
        stamps = run.stamps(start, stop)
        for first, end, digits in split_by_digits(start, stop):
            cut = slice(first - start, end - start)
            yield _fill_records(run, form, stamps, cut, digits).tobytes()


def _fill_records(
    run: PrintRun, form: CodeListFormat, stamps: StampColumns, cut: slice, digits: int
) -> Bytes:
    codes, variable = stamps.codes[cut], stamps.variable[cut]
    number = format_decimals(stamps.indexes[cut], digits)
    uri: list[bytes | int] = [
        p.width if isinstance(p, VariableField) else p.encode() for p in run.payload
    ]
    parts = _split_fields(variable, run.payload)
    roll = f"{run.batch}·".encode()
    if form == "csv":
        pieces = [digits, b",", CODE, b",", *uri, b"," + roll, digits]
        tail: tuple[bytes, bytes] = (b",", b"\r\n")
    else:
        pieces = [b'{"index":', digits, b',"code":"', CODE, b'","uri":"', *uri]
        pieces += [b'","roll":"' + roll, digits, b'"']
        tail = (b',"pin":"', b"}\n")
    columns = [number, codes, *parts, number]
    if stamps.pins is not None:
        pins = stamps.pins[cut]
        if form == "csv":
            half = pins.shape[1] // 2
            pieces += [tail[0], half, b" ", pins.shape[1] - half]
            columns += [pins[:, :half], pins[:, half:]]
        else:
            pieces += [tail[0], pins.shape[1], b'"']
            columns.append(pins)
    pieces.append(tail[1])
    return ByteTemplate(tuple(pieces)).fill(len(codes), columns)


def _split_fields(variable: Bytes, payload: tuple[Piece, ...]) -> list[Bytes]:
    """The variable characters as one block for each variable field of the payload."""
    widths = [p.width for p in payload if isinstance(p, VariableField)]
    return np.split(variable, np.cumsum(widths)[:-1], axis=1)
