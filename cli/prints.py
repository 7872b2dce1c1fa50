"""`veritem print`: files for a press, with a signed manifest."""

import re
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import typer

from cli.context import ConfigFile, SignedInAs
from cli.output import CommandRefused, Json, print_fields, print_line, print_result, show_progress
from cli.settings import Settings
from cli.use_cases import call_issuing_service
from printing import (
    STANDARD_DESIGNS,
    BundleFormat,
    BundleProgress,
    Design,
    Layout,
    RollLayout,
    SheetLayout,
    load_design,
    parse_manifest,
)
from services import ServiceContext
from services.batches import bundles
from services.batches.bundles import PrintRequest
from stamps import serial_range

_ROLL: Final = re.compile(r"roll(?:-([1-9]\d?)up)?")


def print_(
    batch: Annotated[str, typer.Argument(metavar="BATCH|RANGE", help="7, or 7·0-4999.")],
    actor: SignedInAs,
    form: Annotated[BundleFormat, typer.Option("--format", help="What the press takes.")] = "pdf",
    design: Annotated[
        str | None,
        typer.Option(help="sealed, signed, or a design file (TOML).", show_default="what fits"),
    ] = None,
    layout: Annotated[
        str, typer.Option(help="PDF on a4 or a3 sheets, on a roll, or roll-4up.")
    ] = "a4",
    order: Annotated[
        Literal["across", "stacks"],
        typer.Option(help="Numbers along the rows, or in stacks that are cut as one."),
    ] = "across",
    part_size: Annotated[int, typer.Option(min=1, help="Stamps a file.")] = 100_000,
    to: Annotated[
        list[str] | None, typer.Option(help="Encrypt for this public key (age1…); repeatable.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the files.", show_default="print-BATCH")
    ] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Write a batch for a print house; an interrupted command resumes when it is repeated."""
    folder = out or Path(f"print-{serial_range.parse_serial_range(batch).batch}")
    placement = parse_layout(layout, order)
    chosen = find_design(design) if design else None
    with show_progress("printing", as_json) as report:

        def report_bundle(progress: BundleProgress) -> None:
            report(progress.done, progress.total)

        async def write(context: ServiceContext, settings: Settings) -> Path:
            request = PrintRequest(
                range=batch,
                form=form,
                folder=folder,
                scheme=settings.printing.scheme,
                layout=placement,
                design=chosen,
                part_size=part_size,
                recipients=to or (),
            )
            return await bundles.write_print_files(context, request, report_bundle)

        path = call_issuing_service(file, write, actor=actor)
    manifest = parse_manifest(path.read_bytes())
    print_result({"manifest": str(path), **manifest}, as_json, lambda: _render(path, manifest))


def parse_layout(text: str, order: Literal["across", "stacks"]) -> Layout:
    """The layout that `a4`, `a3`, `roll` or `roll-4up` names.

    Raises:
        CommandRefused: another text.
    """
    if text in ("a4", "a3"):
        return SheetLayout(paper="a4" if text == "a4" else "a3", order=order)
    found = _ROLL.fullmatch(text)
    if found is None:
        why = f"there is no layout {text!r}; there are a4, a3, roll and roll-2up …"
        raise CommandRefused(why=why)
    return RollLayout(across=int(found[1] or 1))


def find_design(text: str) -> Design:
    """A standard design by its name, or the design in a file."""
    return STANDARD_DESIGNS[text] if text in STANDARD_DESIGNS else load_design(Path(text))


def _render(path: Path, manifest: dict[str, Any]) -> None:
    target = serial_range.format_serial_range(
        manifest["batch"], manifest["first"], manifest["last"] + 1
    )
    print_fields(
        f"Wrote {target} into {path.parent}",
        {
            "stamps": manifest["count"],
            "format": manifest["format"],
            "files": len(manifest["parts"]),
            "bytes": sum(part["file_size"] for part in manifest["parts"]),
            "encrypted": "yes" if manifest["encrypted_for"] else "no",
        },
    )
    print_line(f"Check it with: veritem verify {path}")
