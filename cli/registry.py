"""`veritem registry`: who and what is known by name: organisations, products, places."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from cli.context import Actor, ConfigFile, opened, run
from cli.output import Json, Refused, facts, say, table
from ledger import Organisation, OrganisationKind, PlaceRow, ProductRow
from traceability.gs1_values import MalformedGs1, parse_gtin

app = typer.Typer(no_args_is_help=True, help="Organisations, products and places by name.")

Id = Annotated[str, typer.Argument(metavar="ID", help="A short readable name (slug).")]


@app.command()
def organisation(
    id_: Id,
    kind: Annotated[OrganisationKind, typer.Option(help="What it is.")],
    name: Annotated[str, typer.Option(help="What people call it.")],
    actor: Actor,
    public_key: Annotated[
        str | None, typer.Option(help="Key that its bundles are encrypted to (age1…).")
    ] = None,
    address: Annotated[str | None, typer.Option(help="Where it is.")] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Add a print house, a packer, a grower, an authority …"""
    row = Organisation(id_, kind, name, public_key, address)

    async def work() -> None:
        async with opened(file) as (_, ledger):
            await ledger.organisations.add(row, actor=actor)

    run(work())
    _say("Organisation", asdict(row), as_json)


@app.command()
def product(
    id_: Id,
    vi: Annotated[str, typer.Option(help="Its name in Vietnamese.")],
    actor: Actor,
    en: Annotated[str | None, typer.Option(help="In English.")] = None,
    zh: Annotated[str | None, typer.Option(help="In Chinese.")] = None,
    item: Annotated[str | None, typer.Option("--gtin", help="Its GTIN, for GS1 stamps.")] = None,
    shelf_life_days: Annotated[int | None, typer.Option(min=1, help="Days from packing.")] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Add a kind of produce."""
    try:
        number = None if item is None else parse_gtin(item)
    except MalformedGs1 as error:
        raise Refused(why=str(error)) from error
    names = {language: name for language, name in (("vi", vi), ("en", en), ("zh", zh)) if name}
    row = ProductRow(id_, names, number, shelf_life_days)

    async def work() -> None:
        async with opened(file) as (_, ledger):
            await ledger.products.add(row, actor=actor)

    run(work())
    _say("ProductRow", asdict(row), as_json)


@app.command()
def place(
    id_: Id,
    kind: Annotated[str, typer.Option(help="growing_area, packing_house, market …")],
    name: Annotated[str, typer.Option(help="What people call it.")],
    actor: Actor,
    code: Annotated[str | None, typer.Option(help="As certified: VN-ĐLOR-0123.")] = None,
    province: Annotated[str | None, typer.Option(help="Two-digit code.")] = None,
    ward: Annotated[str | None, typer.Option(help="Five-digit code.")] = None,
    lat: Annotated[float | None, typer.Option(min=-90, max=90, help="Degrees north.")] = None,
    lon: Annotated[float | None, typer.Option(min=-180, max=180, help="Degrees east.")] = None,
    organisation: Annotated[str | None, typer.Option(help="Whose it is.")] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Add a growing area, a packing house, a market …"""
    row = PlaceRow(id_, kind, name, code, province, ward, lat, lon, organisation)

    async def work() -> None:
        async with opened(file) as (_, ledger):
            await ledger.places.add(row, actor=actor)

    run(work())
    _say("Place", asdict(row), as_json)


@app.command("list")
def list_(file: ConfigFile = None, as_json: Json = False) -> None:
    """List what is known by name."""

    async def work() -> dict[str, list[Any]]:
        async with opened(file) as (_, ledger):
            return {
                "organisations": await ledger.organisations.list(),
                "products": await ledger.products.list(),
                "places": await ledger.places.list(),
            }

    known = run(work())

    def lines() -> None:
        table(
            "Organisations",
            ("id", "kind", "name"),
            ((o.id, o.kind, o.name) for o in known["organisations"]),
        )
        table(
            "Products",
            ("id", "name", "GTIN", "shelf life"),
            ((p.id, p.name.get("vi"), p.gtin, p.shelf_life_days) for p in known["products"]),
        )
        table(
            "Places",
            ("id", "kind", "code", "name"),
            ((p.id, p.kind, p.code, p.name) for p in known["places"]),
        )

    say({name: [asdict(row) for row in rows] for name, rows in known.items()}, as_json, lines)


def _say(what: str, row: dict[str, Any], as_json: bool) -> None:
    shown = {name: value for name, value in row.items() if value is not None and name != "id"}
    say(row, as_json, lambda: facts(f"{what} {row['id']}", shown))
