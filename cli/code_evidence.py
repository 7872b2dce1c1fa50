"""`veritem registry codes evidence`: pictures and sensor files of a registered code."""

from pathlib import Path
from typing import Annotated

import typer

from attachments import AttachmentStore, OriginalStore
from cli.context import (
    ConfigFile,
    IdempotencyKey,
    SignedInAs,
    open_installation,
    read_input,
    run_async,
)
from cli.output import Json, format_local_time, print_fields, print_line, print_result, print_table
from cli.output_file import write_output_file
from cli.settings import Settings, read_settings
from cli.use_cases import call_service
from ledger.codes.code_evidence import EvidenceKind, EvidencePiece
from ledger.ledger import now_ms
from services.codes import code_evidence
from services.codes.code_evidence import EvidenceFile, EvidenceShelf, EvidenceStatement
from services.codes.evidence_sweep import LEAST_DAYS, sweep_evidence
from services.context import ServiceContext
from services.documents.evidence import describe_evidence
from services.paging import DEFAULT_LIMIT, MAX_LIMIT

app = typer.Typer(
    no_args_is_help=True, help="Pictures and sensor files of a registered code, as they were sent."
)

Code = Annotated[str, typer.Argument(metavar="CODE", help="As certified: VN-ĐLOR-0123.")]
Piece = Annotated[str, typer.Argument(metavar="EVIDENCE", help="The id in `evidence list`.")]


@app.command("add")
def attach_file(
    code: Code,
    path: Annotated[
        Path, typer.Argument(metavar="FILE", help="JPEG, PNG, WebP, TIFF (GeoTIFF), JSON or CSV.")
    ],
    kind: Annotated[EvidenceKind, typer.Option(help="What it is.")],
    shows_from: Annotated[
        str, typer.Option("--from", help="The first day it shows: 2026-09-01, or with a time.")
    ],
    source: Annotated[str, typer.Option(help="Who made it: Copernicus Sentinel-2 L2A.")],
    actor: SignedInAs,
    key: IdempotencyKey,
    shows_until: Annotated[str, typer.Option("--until", help="The last day it shows.")] = "",
    maker: Annotated[
        str, typer.Option(help="The organisation that made it, by id or name, if known here.")
    ] = "",
    licence: Annotated[str, typer.Option(help="The licence of the original.")] = "",
    original: Annotated[str, typer.Option(help="Address of the original, or its number.")] = "",
    note: Annotated[str, typer.Option(help="What else is known.")] = "",
    public: Annotated[
        bool, typer.Option("--public", help="Consumers may be told kind, day and source.")
    ] = False,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Attach a file, kept as it is; the service does not check what it shows."""
    statement = EvidenceStatement(
        kind=kind,
        shows_from=shows_from,
        shows_until=shows_until,
        source=source,
        maker=maker,
        licence=licence,
        original=original,
        note=note,
        is_public=public,
    )
    content = read_input(path)
    shelf = _open_shelf(read_settings(file))

    async def add(context: ServiceContext) -> EvidencePiece:
        return await code_evidence.attach_evidence(context, shelf, code, statement, content, key)

    _print(call_service(file, add, actor=actor), as_json)


@app.command("list")
def list_pieces(
    code: Code,
    limit: Annotated[int, typer.Option(min=1, max=MAX_LIMIT)] = DEFAULT_LIMIT,
    after: Annotated[str | None, typer.Option(help="`next` of the page before.")] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """List the evidence of a code, newest first, withdrawn pieces too."""
    page = call_service(
        file, lambda c: code_evidence.list_evidence(c, code, limit=limit, after=after)
    )
    print_result(
        {"evidence": [describe_evidence(one) for one in page.items], "next": page.next},
        as_json,
        lambda: print_table(
            f"Evidence of {code}, as it was sent",
            ("id", "kind", "shows", "until", "source", "by", "at", "state"),
            (
                (
                    one.id,
                    one.kind,
                    one.shows_from,
                    one.shows_until,
                    one.texts.source if one.texts else None,
                    one.actor,
                    format_local_time(one.at),
                    one.condition,
                )
                for one in page.items
            ),
        ),
    )


@app.command("get")
def show_piece(
    code: Code,
    piece: Piece,
    out: Annotated[
        Path | None, typer.Option(help="Write the file as it was sent here.", dir_okay=False)
    ] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Show a piece, and write its file, whose hash is checked."""
    originals = _open_shelf(read_settings(file)).originals

    async def load(context: ServiceContext) -> tuple[EvidencePiece, EvidenceFile | None]:
        found = await code_evidence.get_evidence(context, code, piece)
        if out is None:
            return found, None
        return found, await code_evidence.take_file(context, originals, code, piece)

    found, taken = call_service(file, load)
    if out is not None and taken is not None:
        write_output_file(out, taken.content)
    _print(found, as_json)


@app.command("release")
def release_piece(
    code: Code, piece: Piece, actor: SignedInAs, file: ConfigFile = None, as_json: Json = False
) -> None:
    """Let consumers be told of a piece; by another person than sent it."""
    _print(
        call_service(file, lambda c: code_evidence.release_evidence(c, code, piece), actor=actor),
        as_json,
    )


@app.command("withdraw")
def withdraw_piece(
    code: Code,
    piece: Piece,
    reason: Annotated[str, typer.Option(help="Why; it stays beside the piece.")],
    actor: SignedInAs,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Withdraw a piece; it stays, with the reason."""
    _print(
        call_service(
            file, lambda c: code_evidence.withdraw_evidence(c, code, piece, reason), actor=actor
        ),
        as_json,
    )


@app.command("erase")
def erase_piece(
    code: Code,
    piece: Piece,
    law: Annotated[str, typer.Option(help="The law that asks for it, and who asked.")],
    actor: SignedInAs,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Erase texts and file of a withdrawn piece by law; its hash stays."""
    originals = _open_shelf(read_settings(file)).originals
    _print(
        call_service(
            file,
            lambda c: code_evidence.erase_evidence(c, originals, code, piece, law),
            actor=actor,
        ),
        as_json,
    )


@app.command("sweep")
def sweep_files(
    days: Annotated[
        int, typer.Option(help="Remove files that nothing has named for so long.", min=LEAST_DAYS)
    ] = LEAST_DAYS,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Remove files that no piece names, such as erased ones; the desk does so every day."""

    async def run() -> list[str]:
        async with open_installation(file) as (settings, ledger):
            return await sweep_evidence(ledger, _open_shelf(settings).originals, days=days)

    removed = run_async(run())
    print_result(
        {"removed": removed},
        as_json,
        lambda: print_fields("Files that nothing names", {"removed": len(removed)}),
    )


def _open_shelf(settings: Settings) -> EvidenceShelf:
    return EvidenceShelf(
        OriginalStore(settings.attachments.evidence),
        AttachmentStore(settings.attachments.directory),
        now_ms,
        most_bytes=settings.desk.evidence_bytes,
    )


def _print(piece: EvidencePiece, as_json: bool) -> None:
    document = describe_evidence(piece)

    def render() -> None:
        fields = document.model_dump(exclude={"steps", "id"})
        shown = {
            name.replace("_", " "): value for name, value in fields.items() if value is not None
        }
        print_fields(f"Evidence {piece.id}, as {piece.actor} sent it", shown)
        for step in piece.steps:
            reason = f": {step.reason}" if step.reason else ""
            print_line(f"{step.act} by {step.actor}, {format_local_time(step.at)}{reason}")

    print_result(document, as_json, render)
