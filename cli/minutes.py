"""`veritem minutes`: minutes of an inspection (biên bản kiểm tra), filled from a case."""

from pathlib import Path
from typing import Annotated

import orjson
import typer

from cli.context import ConfigFile, SignedInAs, read_input
from cli.output import CommandRefused, Json, print_fields, print_result
from cli.output_file import write_output_file
from cli.use_cases import call_service
from desk.pages.minutes_document import print_minutes
from services.alerts import case_minutes
from services.context import ServiceContext
from services.documents.minutes import MinutesDocument, describe_minutes
from web.text_files import convert_to_utf8

app = typer.Typer(
    no_args_is_help=True, help="Minutes of an inspection, filled from a case, in Vietnamese."
)

AlertId = Annotated[int, typer.Argument(metavar="ALERT", help="The alert's number.", min=1)]


@app.command("show")
def show_minutes(
    alert: AlertId, actor: SignedInAs, file: ConfigFile = None, as_json: Json = False
) -> None:
    """Show the last version of the minutes, or a draft from the case."""

    async def show(context: ServiceContext) -> MinutesDocument:
        minutes = await case_minutes.draft_minutes(context, alert)
        return describe_minutes(minutes.fields, minutes.last)

    described = call_service(file, show, actor=actor)
    print_result(described, as_json, lambda: _render(alert, described))


@app.command("save")
def save_minutes(
    alert: AlertId,
    fields: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="`minutes show --json`, edited, or its fields alone."),
    ],
    actor: SignedInAs,
    base: Annotated[
        int | None,
        typer.Option(
            min=0, help="The version that was read, 0 for none.", show_default="that of the file"
        ),
    ] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Save the minutes as a version. The same fields again change nothing."""
    read, known = _read_fields(fields)
    seen = known if base is None else base

    async def save(context: ServiceContext) -> MinutesDocument:
        saved = await case_minutes.save_minutes(context, alert, read, seen)
        return describe_minutes(saved.fields, saved)

    described = call_service(file, save, actor=actor)
    print_result(described, as_json, lambda: _render(alert, described))


@app.command("pdf")
def write_minutes(
    alert: AlertId,
    version: Annotated[int, typer.Argument(metavar="VERSION", min=1, help="A saved version.")],
    output: Annotated[Path, typer.Option("--out", help="The PDF to write.")],
    actor: SignedInAs,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Write a version as a PDF to sign. The audit log has its hash, and who took it."""
    content = call_service(file, lambda c: print_minutes(c, alert, version), actor=actor)
    write_output_file(output, content)
    made = {"file": str(output), "bytes": len(content)}
    print_result(made, as_json, lambda: print_fields(f"Minutes of alert {alert}", made))


def _read_fields(path: Path) -> tuple[dict[str, str], int]:
    """The fields of a file and the version that it names, 0 if it names none."""
    try:
        content = orjson.loads(convert_to_utf8(read_input(path)))
    except orjson.JSONDecodeError as error:
        raise CommandRefused(why=f"{path} is not JSON: {error}") from error
    version = 0
    if isinstance(content, dict) and isinstance(content.get("fields"), dict):
        version = content.get("version") or 0
        content = content["fields"]
    if not isinstance(content, dict) or not all(isinstance(one, str) for one in content.values()):
        raise CommandRefused(why=f"{path} is not a JSON object of texts")
    return content, version


def _render(alert: int, minutes: MinutesDocument) -> None:
    state = f"version {minutes.version}" if minutes.version else "a draft"
    print_fields(
        f"Minutes of alert {alert}: {state}",
        {name: text for name, text in minutes.fields.items() if text}
        | {"saved by": minutes.saved_by, "saved at": minutes.saved_at},
    )
