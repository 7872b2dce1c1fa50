"""`veritem replay`: judge a recorded world, so that anybody can judge the judge."""

import gc
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import orjson
import typer

from cli.output import Json, Refused
from detection.replay import replay as replayed
from detection.rules import Rules
from resolver.scan_place import measure_province
from traceability.administrative_units import load_administrative_units


def judged(lines: Iterable[bytes], scan_rate: float | None = None) -> Iterator[dict[str, Any]]:
    """Judge a recording; a place given as a province is the middle of that province.

    `scan_rate` is that of `Rules`, where it is known. Raises ValueError for what is no share.
    """
    provinces = {code: measure_province(code) for code in load_administrative_units().provinces}
    rules = Rules() if scan_rate is None else Rules(scan_rate=scan_rate)
    return replayed(lines, rules, provinces)


@contextmanager
def uncollected() -> Iterator[None]:
    """Leave the search for cycles of garbage out: a recording's judgement makes none.

    Looking through all stamps again and again for what is never there takes a tenth of the time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def write(outcomes: Iterable[Mapping[str, Any]], out: BinaryIO) -> None:
    """Write what became of each stamp, one JSON line each."""
    for outcome in outcomes:
        out.write(orjson.dumps(outcome, option=orjson.OPT_APPEND_NEWLINE))


def replay(
    file: Annotated[Path, typer.Argument(help="Stamps and scans, one JSON object a line.")],
    scan_rate: Annotated[
        float | None,
        typer.Option(help="Share of the active stamps that are ever scanned, if known (0.05)."),
    ] = None,
    as_json: Json = True,
) -> None:
    """Judge a recorded world, offline and deterministic; one JSON line a stamp.

    The answer is JSON lines with or without --json: it is made for machines to read.
    """
    try:
        with file.open("rb") as lines, uncollected():
            write(judged(lines, scan_rate), sys.stdout.buffer)
    except OSError as error:
        raise Refused(why=f"{file} can not be read: {error.strerror}") from error
    except ValueError as error:
        raise Refused(why=str(error)) from error
