"""`veritem lot`: the produce that stamps vouch for."""

from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from cli.context import Actor, ConfigFile, opened, run
from cli.output import Json, Refused, answers, facts, say, table, when
from ledger import LotRow
from stamps.timestamps import format_rfc3339
from traceability import Lot, find_missing_items
from traceability.requirements import find_requirement

app = typer.Typer(no_args_is_help=True, help="Lots: the produce that stamps vouch for.")


def kept(lot: Lot, actor: str) -> LotRow:
    """The lot as the ledger keeps it, with the mandatory items that it still lacks."""
    return LotRow(
        code=lot.code,
        document=lot.to_document(),
        missing=find_missing_items(lot),
        packing_house=lot.packing_house.code if lot.packing_house else None,
        product=lot.product.code,
        packed_at=lot.packed_at,
        expires_at=lot.expires_at,
        actor=actor,
    )


@app.command()
def put(
    document: Annotated[Path, typer.Argument(help="The lot as JSON (docs/lot.md).")],
    actor: Actor,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Keep a lot, new or with more data; says what it still lacks before stamps can be bound."""
    try:
        read: Any = orjson.loads(document.read_bytes())
    except OSError as error:
        raise Refused(why=f"{document} can not be read: {error.strerror}") from error
    except orjson.JSONDecodeError as error:
        raise Refused(why=f"{document} is not JSON: {error}") from error
    if not isinstance(read, dict):
        raise Refused(why=f"{document} is not a JSON object")
    lot = Lot.from_document(read)

    async def work() -> LotRow:
        async with opened(file) as (_, ledger):
            return await ledger.lots.save(kept(lot, actor))

    _show(run(work()), as_json)


@app.command()
def show(code: str, file: ConfigFile = None, as_json: Json = False) -> None:
    """Show a lot and what it lacks."""

    async def work() -> LotRow:
        async with opened(file) as (_, ledger):
            return await ledger.lots.get(code)

    _show(run(work()), as_json)


@app.command("list")
def list_(file: ConfigFile = None, as_json: Json = False) -> None:
    """List the lots, newest first."""

    async def work() -> list[LotRow]:
        async with opened(file) as (_, ledger):
            return await ledger.lots.list()

    lots = run(work())
    say(
        {"lots": [_document(lot) for lot in lots]},
        as_json,
        lambda: table(
            "Lots",
            ("lot", "product", "packing house", "packed", "expires", "lacks"),
            (
                (
                    lot.code,
                    lot.product,
                    lot.packing_house,
                    when(lot.packed_at),
                    when(lot.expires_at),
                    len(lot.missing) or "nothing",
                )
                for lot in lots
            ),
        ),
    )


def _document(lot: LotRow) -> dict[str, Any]:
    return {
        "code": lot.code,
        "version": lot.version,
        "missing": list(lot.missing),
        "packed_at": format_rfc3339(lot.packed_at),
        "expires_at": format_rfc3339(lot.expires_at),
        "document": lot.document,
    }


def _show(lot: LotRow, as_json: bool) -> None:
    def lines() -> None:
        facts(
            f"Lot {lot.code}",
            {
                "product": lot.document["product"]["name"]["vi"],
                "packing house": lot.packing_house,
                "packed": when(lot.packed_at),
                "expires": when(lot.expires_at),
                "version": lot.version,
            },
        )
        if lot.missing:
            answers.print("[yellow]Stamps can not be bound to it yet; it lacks:[/]")
            for item in lot.missing:
                need = find_requirement(item)
                answers.print(f"  {item:18} {need.vi} / {need.en}", highlight=False)
        else:
            answers.print("Complete: stamps can be bound to it.")

    say(_document(lot), as_json, lines)
