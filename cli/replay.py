"""`veritem replay`: judge a recording of stamps and scans, offline and deterministic."""

import gc
import sys
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace as replace_fields
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Final

import orjson
import typer

from cli.output import CommandRefused, Json
from detection.replay import replay as replay_lines
from detection.rules import Rules
from resolver.scan_place import measure_province
from traceability.administrative_units import load_administrative_units

_UNLIMITED: Final = 1 << 60


def judge_recording(
    lines: Iterable[bytes], scan_rate: float | None = None, *, budgets: bool = True
) -> Iterator[dict[str, Any]]:
    """Judge a recording; a place given as a province is taken as the centre of that province.

    `scan_rate` replaces that of the rules. Without `budgets` every scan weighs, whatever its
    network did. Raises ValueError for a rate or a line that is refused.
    """
    provinces = {code: measure_province(code) for code in load_administrative_units().provinces}
    rules = Rules() if scan_rate is None else Rules(scan_rate=scan_rate)
    if not budgets:
        rules = replace_fields(
            rules, network_scans_per_minute=_UNLIMITED, discredited_stamps=_UNLIMITED
        )
    return replay_lines(lines, rules, provinces)


@contextmanager
def pause_garbage_collection() -> Iterator[None]:
    """Switch the search for reference cycles off: judging creates none, and it costs a tenth."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def write_outcomes(outcomes: Iterable[Mapping[str, Any]], out: BinaryIO) -> None:
    """Write the outcome of each stamp, one JSON line each."""
    for outcome in outcomes:
        out.write(orjson.dumps(outcome, option=orjson.OPT_APPEND_NEWLINE))


def replay(
    file: Annotated[Path, typer.Argument(help="Stamps and scans, one JSON object a line.")],
    scan_rate: Annotated[
        float | None,
        typer.Option(help="Share of active stamps that are ever scanned, if known."),
    ] = None,
    as_json: Json = True,
) -> None:
    """Judge a recording of stamps and scans and print one JSON line a stamp.

    The output is JSON lines with or without --json.
    """
    try:
        with file.open("rb") as lines, pause_garbage_collection():
            if lines.peek(len(BOM_UTF8)).startswith(BOM_UTF8):
                lines.read(len(BOM_UTF8))
            write_outcomes(judge_recording(lines, scan_rate), sys.stdout.buffer)
    except OSError as error:
        raise CommandRefused(why=f"{file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise CommandRefused(why=str(error)) from error
