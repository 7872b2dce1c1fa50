"""`veritem registry`: organisations, products and places that orders and lots refer to."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from cli import code_watch, print_keys, registered_codes
from cli.context import ConfigFile, SignedInAs
from cli.output import Json, print_fields, print_result, print_table
from cli.use_cases import call_service
from ledger import Organisation, OrganisationKind, PlaceRow, ProductRow
from services import ServiceContext
from services.organisations import organisations, places, registry
from services.organisations.places import PLACE_KINDS, PlaceChange
from traceability.lot_profiles import load_profiles

app = typer.Typer(no_args_is_help=True, help="Organisations, products and places by name.")
app.add_typer(registered_codes.app, name="codes")
app.add_typer(print_keys.app, name="print-keys")
app.command("watch")(code_watch.watch)
app.command("activity")(code_watch.activity)

_PROVINCE = "Two-digit code: where a packer works, what an authority answers for."

Id = Annotated[str, typer.Argument(metavar="ID", help="A short readable name (slug).")]


@app.command()
def organisation(
    id_: Id,
    kind: Annotated[OrganisationKind, typer.Option(help="What it is.")],
    name: Annotated[str, typer.Option(help="What people call it.")],
    actor: SignedInAs,
    public_key: Annotated[
        str | None, typer.Option(help="Key that its bundles are encrypted to (age1…).")
    ] = None,
    address: Annotated[str | None, typer.Option(help="Where it is.")] = None,
    province: Annotated[str | None, typer.Option(help=_PROVINCE)] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Add a print house, a packer, a grower, an authority …"""
    row = Organisation(
        id=id_, kind=kind, name=name, public_key=public_key, address=address, province=province
    )
    added = call_service(file, lambda c: registry.add_organisation(c, row), actor=actor)
    _print_row("Organisation", asdict(added), as_json)


@app.command("change-organisation")
def change_organisation(
    id_: Id,
    actor: SignedInAs,
    kind: Annotated[OrganisationKind | None, typer.Option(help="What it is.")] = None,
    name: Annotated[str | None, typer.Option(help="What people call it.")] = None,
    address: Annotated[str | None, typer.Option(help="Where it is.")] = None,
    province: Annotated[str | None, typer.Option(help=_PROVINCE)] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Give an organisation another name, kind or address; what is not named stays."""

    async def change(context: ServiceContext) -> Organisation:
        known = (await organisations.get_organisation(context, id_)).organisation
        return await organisations.change_organisation(
            context,
            id_,
            name or known.name,
            kind or known.kind,
            address or known.address,
            province or known.province,
        )

    changed = call_service(file, change, actor=actor)
    _print_row("Organisation", asdict(changed), as_json)


@app.command()
def product(
    id_: Id,
    vi: Annotated[str, typer.Option(help="Its name in Vietnamese.")],
    actor: SignedInAs,
    en: Annotated[str | None, typer.Option(help="In English.")] = None,
    zh: Annotated[str | None, typer.Option(help="In Chinese.")] = None,
    gtin: Annotated[str | None, typer.Option(help="Its GTIN, for GS1 stamps.")] = None,
    shelf_life_days: Annotated[int | None, typer.Option(min=1, help="Days from packing.")] = None,
    yield_t_per_ha: Annotated[float | None, typer.Option(help="Usual yield, t/ha.")] = None,
    fruit_kg: Annotated[float | None, typer.Option(help="Weight under one stamp, kg.")] = None,
    kind: Annotated[
        str | None, typer.Option(help=f"Kind of produce: {', '.join(load_profiles())}.")
    ] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Add a kind of produce."""
    names = {language: name for language, name in (("vi", vi), ("en", en), ("zh", zh)) if name}
    row = ProductRow(
        id=id_,
        name=names,
        gtin=gtin,
        shelf_life_days=shelf_life_days,
        yield_t_per_ha=yield_t_per_ha,
        fruit_kg=fruit_kg,
        kind=kind,
    )
    added = call_service(file, lambda c: registry.add_product(c, row), actor=actor)
    _print_row("Product", asdict(added), as_json)


@app.command()
def place(
    id_: Id,
    kind: Annotated[str, typer.Option(help=", ".join(PLACE_KINDS) + ".")],
    name: Annotated[str, typer.Option(help="What people call it.")],
    actor: SignedInAs,
    code: Annotated[str | None, typer.Option(help="As certified: VN-ĐLOR-0123.")] = None,
    province: Annotated[str | None, typer.Option(help="Two-digit code.")] = None,
    ward: Annotated[str | None, typer.Option(help="Five-digit code.")] = None,
    lat: Annotated[float | None, typer.Option(min=-90, max=90, help="Degrees north.")] = None,
    lon: Annotated[float | None, typer.Option(min=-180, max=180, help="Degrees east.")] = None,
    organisation: Annotated[str | None, typer.Option(help="Whose it is.")] = None,
    gln: Annotated[str | None, typer.Option(help="GS1 location number, 13 digits.")] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Add a growing area, a packing house, a market …"""
    row = PlaceRow(
        id=id_,
        kind=kind,
        name=name,
        code=code,
        province=province,
        ward=ward,
        lat=lat,
        lon=lon,
        organisation=organisation,
        gln=gln,
    )
    added = call_service(file, lambda c: places.add_place(c, row), actor=actor)
    _print_row("Place", asdict(added), as_json)


@app.command("change-place")
def change_place(
    id_: Id,
    actor: SignedInAs,
    name: Annotated[str | None, typer.Option(help="What people call it.")] = None,
    province: Annotated[str | None, typer.Option(help="Two-digit code.")] = None,
    ward: Annotated[str | None, typer.Option(help="Five-digit code, or its name.")] = None,
    gln: Annotated[str | None, typer.Option(help="GS1 location number, 13 digits.")] = None,
    organisation: Annotated[str | None, typer.Option(help="Whose it is.")] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Give a place another name, ward, GLN or organisation; what is not named stays."""

    async def change(context: ServiceContext) -> PlaceRow:
        known = (await places.get_place(context, id_)).place
        moves = province is not None and ward is None  # the old ward lies in the old province
        wanted = PlaceChange(
            name=name or known.name,
            province=province or (None if ward else known.province),
            ward=ward or (None if moves else known.ward),
            gln=gln or known.gln,
            organisation=organisation or known.organisation,
        )
        return await places.change_place(context, id_, wanted)

    _print_row("Place", asdict(call_service(file, change, actor=actor)), as_json)


@app.command("list")
def list_(file: ConfigFile = None, as_json: Json = False) -> None:
    """List organisations, products and places."""
    rows = call_service(file, registry.list_registry)

    def render() -> None:
        print_table(
            "Organisations",
            ("id", "kind", "name"),
            ((o.id, o.kind, o.name) for o in rows.organisations),
        )
        print_table(
            "Products",
            ("id", "name", "GTIN", "shelf life (days)"),
            ((p.id, p.name.get("vi"), p.gtin, p.shelf_life_days) for p in rows.products),
        )
        print_table(
            "Places",
            ("id", "kind", "code", "name"),
            ((p.id, p.kind, p.code, p.name) for p in rows.places),
        )

    print_result(asdict(rows), as_json, render)


def _print_row(kind: str, row: dict[str, Any], as_json: bool) -> None:
    shown = {
        name: ", ".join(value.values()) if isinstance(value, dict) else value
        for name, value in row.items()
        if value is not None and name != "id"
    }
    print_result(row, as_json, lambda: print_fields(f"{kind} {row['id']}", shown))
