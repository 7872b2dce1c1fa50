"""`veritem province`: product lists of provinces and of the country, and a province at a glance."""

from datetime import datetime
from typing import Annotated

import typer

from cli.context import ConfigFile, IdempotencyKey, SignedInAs
from cli.output import Json, print_fields, print_line, print_result, print_table
from cli.use_cases import call_service
from ledger import Proposal
from ledger.lots.product_lists import COUNTRY, ListEntryFilter, ListKind
from services.documents import describe_proposal
from services.documents.product_lists import describe_list_entry, describe_overview
from services.paging import PageRequest
from services.product_lists import product_lists
from services.product_lists.product_lists import ListEntryRequest
from services.province import describe_province

app = typer.Typer(no_args_is_help=True, help="Provinces: product lists, and what is administered.")


@app.command("show")
def show_province(
    actor: SignedInAs,
    province: Annotated[
        str | None, typer.Argument(metavar="PROVINCE", help="Two digits; the own one without.")
    ] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Show parties, lists, reviewers, reports and portals of a province."""
    found = describe_overview(
        call_service(file, lambda c: describe_province(c, province), actor=actor)
    )
    print_result(
        found,
        as_json,
        lambda: print_fields(
            f"Province {found.province}",
            {
                **found.parties,
                "on lists": len(found.lists),
                "reviewers": ", ".join(found.reviewers),
                "waiting for review": found.waiting_reviews,
                "reports not submitted": sum(not one.submitted for one in found.reports),
                "portals": len(found.portals),
            },
        ),
    )


@app.command("lists")
def list_entries(
    province: Annotated[str | None, typer.Option(help="Two digits.")] = None,
    kind: Annotated[ListKind | None, typer.Option(help="Only this list.")] = None,
    after: Annotated[str | None, typer.Option(help="`next` of the page before.")] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """List the entries of product lists, ended ones too, the newest first."""
    wanted = ListEntryFilter(None if province is None else (province,), kind)
    request = PageRequest(after=after)
    page = call_service(file, lambda c: product_lists.list_entries(c, wanted, request))
    found = [describe_list_entry(one) for one in page.items]
    print_result(
        {"entries": found, "next": page.next},
        as_json,
        lambda: print_table(
            "Product lists",
            ("entry", "province", "list", "product", "from", "until", "basis", "ended"),
            (
                (
                    one.id,
                    one.province or "–",
                    one.kind if one.stars is None else f"{one.kind} {one.stars}",
                    one.product,
                    one.since,
                    one.until or "",
                    one.basis,
                    one.ended_at or "",
                )
                for one in found
            ),
        ),
    )


@app.command("add")
def add_entry(
    kind: Annotated[ListKind, typer.Argument(metavar="LIST")],
    product: Annotated[str, typer.Argument(metavar="PRODUCT")],
    since: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The first day.")],
    basis: Annotated[str, typer.Option(help="Number of the decision.")],
    basis_day: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Its day.")],
    actor: SignedInAs,
    key: IdempotencyKey,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The last day.")
    ] = None,
    province: Annotated[str | None, typer.Option(help="Two digits; the own one without.")] = None,
    country: Annotated[bool, typer.Option("--country", help="For the whole country.")] = False,
    organisation: Annotated[str | None, typer.Option(help="Whose product.")] = None,
    stars: Annotated[int | None, typer.Option(help="OCOP stars, 3 to 5.")] = None,
    note: Annotated[str | None, typer.Option(help="A note.")] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Put a product on a list; a second person decides on a mandatory one."""
    request = ListEntryRequest(
        kind=kind,
        product=product,
        since=since.date(),
        basis=basis,
        basis_day=basis_day.date(),
        province=COUNTRY if country else province,
        organisation=organisation,
        stars=stars,
        until=None if until is None else until.date(),
        note=note,
    )
    added = call_service(file, lambda c: product_lists.add_entry(c, request, key), actor=actor)
    if isinstance(added, Proposal):
        text = f"Proposed: {added.id}. Another person approves it: veritem proposals approve"
        print_result(describe_proposal(added), as_json, lambda: print_line(text))
        return
    entry = describe_list_entry(added)
    print_result(entry, as_json, lambda: print_line(f"Added: {entry.id}"))


@app.command("end")
def end_entry(
    entry: Annotated[str, typer.Argument(metavar="ENTRY")],
    reason: Annotated[str, typer.Argument(metavar="REASON")],
    actor: SignedInAs,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Take a product off a list; the entry stays as history."""
    ended = call_service(file, lambda c: product_lists.end_entry(c, entry, reason), actor=actor)
    print_result(describe_list_entry(ended), as_json, lambda: print_line(f"Ended: {ended.id}"))
