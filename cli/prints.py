"""`veritem print`: a batch in the format that a press takes, with proof of what was handed over."""

import hashlib
import re
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import typer

from cli.batches import issuer_of
from cli.context import Actor, ConfigFile, opened, record, run
from cli.output import Json, Refused, answers, facts, progress, say
from issuer import Issuer
from ledger import Batch
from printing import (
    STANDARD_DESIGNS,
    Bundle,
    BundleFormat,
    Design,
    Layout,
    RollLayout,
    SheetLayout,
    choose_standard_design,
    load_design,
    parse_manifest,
    write_bundle,
)
from printing import BundleProgress as Printed
from stamps import serial_range

_NUP: Final = re.compile(r"roll(?:-([1-9]\d?)up)?")


def print_(
    batch: Annotated[str, typer.Argument(metavar="BATCH|ROLL", help="7, or a run: 7·0-4999.")],
    actor: Actor,
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
        typer.Option(help="Numbers along the rows, or in piles that are cut as one."),
    ] = "across",
    part_size: Annotated[int, typer.Option(min=1, help="Stamps a file.")] = 100_000,
    to: Annotated[
        list[str] | None, typer.Option(help="Encrypt for this public key (age1…); can be repeated.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the bundle.", show_default="print-BATCH")
    ] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Write a batch as a bundle for a print house; interrupted, the same command goes on."""
    named = serial_range.parse_serial_range(batch)
    placed = read_layout(layout, order)

    async def prepare() -> tuple[Issuer, Batch, Bundle]:
        async with opened(file) as (settings, ledger):
            issuer = issuer_of(settings, ledger)
            found = await ledger.batches.get(named.batch)
            work = issuer.prepare_print_run(
                found, named.lo, named.hi, scheme=settings.printing.scheme
            )
            chosen = read_design(design) if design else choose_standard_design(work)
            return issuer, found, Bundle(work, form, chosen, placed, part_size)

    issuer, found, bundle = run(prepare())
    folder = out or Path(f"print-{named.batch}")
    with progress("printing", as_json) as told:

        def step(made: Printed) -> None:
            told(made.done, made.total)

        path = write_bundle(
            bundle,
            folder,
            sign_manifest=lambda document: issuer.signer.sign_manifest(found.epoch, document),
            recipients=to or (),
            progress=step,
        )
    manifest = parse_manifest(path.read_bytes())
    record(
        file,
        actor,
        "batch.print",
        f"batches:{named.batch}",
        {
            "roll": serial_range.format_serial_range(
                named.batch, manifest["first"], manifest["last"] + 1
            ),
            "format": form,
            "encrypted_for": manifest["encrypted_for"],
            "manifest_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        },
    )
    say(
        {"manifest": str(path), **manifest},
        as_json,
        lambda: _lines(path, manifest),
    )


def read_layout(text: str, order: Literal["across", "stacks"]) -> Layout:
    """Read `a4`, `a3`, `roll` or `roll-4up`.

    Raises:
        Refused: another text.
    """
    if text in ("a4", "a3"):
        return SheetLayout(paper="a4" if text == "a4" else "a3", order=order)
    found = _NUP.fullmatch(text)
    if found is None:
        raise Refused(why=f"there is no layout {text!r}; there are a4, a3, roll and roll-2up …")
    return RollLayout(across=int(found[1] or 1))


def read_design(text: str) -> Design:
    """A built-in design by its name, or one from a file."""
    return STANDARD_DESIGNS[text] if text in STANDARD_DESIGNS else load_design(Path(text))


def _lines(path: Path, manifest: dict[str, Any]) -> None:
    stamps = serial_range.format_serial_range(
        manifest["batch"], manifest["first"], manifest["last"] + 1
    )
    size = sum(part["file_size"] for part in manifest["parts"])
    facts(
        f"Wrote {stamps} into {path.parent}",
        {
            "stamps": manifest["count"],
            "format": manifest["format"],
            "files": len(manifest["parts"]),
            "bytes": size,
            "encrypted": "yes" if manifest["encrypted_for"] else "no",
        },
    )
    answers.print(f"Check it with: veritem verify {path}", highlight=False)
