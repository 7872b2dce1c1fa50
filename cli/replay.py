"""`veritem replay`: judge a recorded world, so that anybody can judge the judge."""

import sys
from pathlib import Path
from typing import Annotated

import orjson
import typer

from cli.output import Json, Refused
from stamps.replay import replay as judged


def replay(
    file: Annotated[Path, typer.Argument(help="Stamps and scans, one JSON object a line.")],
    as_json: Json = True,
) -> None:
    """Judge a recorded world, offline and deterministic; one JSON line a stamp.

    The answer is JSON lines with or without --json: it is made for machines to read.
    """
    try:
        with file.open("rb") as lines:
            for verdict in judged(lines):
                sys.stdout.buffer.write(orjson.dumps(verdict, option=orjson.OPT_APPEND_NEWLINE))
    except OSError as error:
        raise Refused(why=f"{file} can not be read: {error.strerror}") from error
