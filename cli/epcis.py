"""`veritem epcis`: EPCIS 2.0 documents."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import orjson
import typer

from cli.output import CommandRefused, Json, print_line, print_result
from traceability.epcis.event_hash import hash_document
from web.text_files import convert_to_utf8

app = typer.Typer(no_args_is_help=True, help="EPCIS 2.0 documents.")


@app.callback()
def epcis() -> None:
    """EPCIS 2.0 documents."""


@app.command("hash")
def hash_events(
    file: Annotated[Path, typer.Argument(help="An EPCIS document in JSON-LD; - reads the input.")],
    as_json: Json = False,
) -> None:
    """Print the event hash of each event (CBV 2.0): an id that follows from its content alone."""
    try:
        content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        document = orjson.loads(convert_to_utf8(content))
    except OSError as error:
        raise CommandRefused(why=f"{file} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise CommandRefused(why=f"{file} is not JSON: {error}") from None
    try:
        hashes = hash_document(document)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise CommandRefused(why=f"{file} is not an EPCIS document: {error}") from None
    print_result({"hashes": hashes}, as_json, lambda: _render(hashes))


def _render(hashes: Sequence[str]) -> None:
    for one in hashes:
        print_line(one)
