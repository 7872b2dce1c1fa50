"""`veritem epcis`: EPCIS 2.0 documents, and the record of events."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from cli.context import ConfigFile, SignedInAs
from cli.output import CommandRefused, Json, print_line, print_result
from cli.use_cases import call_service
from services.context import ServiceContext
from services.documents.events import (
    EventDocument,
    RecordedEventsDocument,
    describe_event,
    describe_recorded,
)
from services.paging import DEFAULT_LIMIT, MAX_LIMIT
from services.record import event_record
from services.record.mentions import find_answers
from traceability.epcis.event_hash import hash_document
from web.text_files import convert_to_utf8

app = typer.Typer(no_args_is_help=True, help="EPCIS 2.0 documents, and the record of events.")

DocumentFile = Annotated[
    Path, typer.Argument(help="An EPCIS document in JSON-LD; - reads the input.")
]


@app.callback()
def epcis() -> None:
    """EPCIS 2.0 documents, and the record of events."""


@app.command("hash")
def hash_events(file: DocumentFile, as_json: Json = False) -> None:
    """Print the event hash of each event (CBV 2.0): an id that follows from its content alone."""
    document = _read_document(file)
    try:
        hashes = hash_document(document)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise CommandRefused(why=f"{file} is not an EPCIS document: {error}") from None
    print_result({"hashes": hashes}, as_json, lambda: _render(hashes))


def _render(hashes: Sequence[str]) -> None:
    for one in hashes:
        print_line(one)


@app.command("record")
def record_events(
    document: DocumentFile, actor: SignedInAs, file: ConfigFile = None, as_json: Json = False
) -> None:
    """Record the events of a document for your organisation. Events that are known add nothing."""
    read = _read_document(document)

    async def record(context: ServiceContext) -> RecordedEventsDocument:
        return describe_recorded(await event_record.record_events(context, read))

    recorded = call_service(file, record, actor=actor)
    print_result(
        recorded,
        as_json,
        lambda: print_line(f"{recorded.events} events, of which {recorded.added} are new"),
    )


@app.command("events")
def list_events(
    item: Annotated[
        str | None, typer.Option(help="A thing, class or lot: a Digital Link or EPC URI.")
    ] = None,
    place: Annotated[str | None, typer.Option(help="A business location or read point.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=MAX_LIMIT)] = DEFAULT_LIMIT,
    after: Annotated[str | None, typer.Option(help="`next` of the page before.")] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """List the recorded events, newest first."""

    async def find(context: ServiceContext) -> tuple[list[EventDocument], str | None]:
        page = await event_record.list_events(
            context, item=item, place=place, limit=limit, after=after
        )
        answers = await find_answers(context, page.items)
        found = [
            describe_event(one, answers.get((one.organisation, one.id), ())) for one in page.items
        ]
        return found, page.next

    events, following = call_service(file, find)
    print_result(
        {"events": [one.model_dump(mode="json") for one in events], "next": following},
        as_json,
        lambda: _render_events(events, following),
    )


def _read_document(file: Path) -> Any:
    try:
        content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        document = orjson.loads(convert_to_utf8(content))
    except OSError as error:
        raise CommandRefused(why=f"{file} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise CommandRefused(why=f"{file} is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise CommandRefused(why=f"{file} is not an EPCIS document")
    return document


def _render_events(events: Sequence[EventDocument], following: str | None) -> None:
    for one in events:
        step = one.event.get("bizStep", one.event["type"])
        wrong = ", declared an error" if one.errors else ""
        last = {answer.organisation: answer.answer for answer in one.answers}
        wrong += "".join(f", {reply} by {who}" for who, reply in last.items())
        print_line(f"{one.at}  {one.organisation}  {step}{wrong}  {one.id}")
    if following:
        print_line(f"more: --after {following}")
