"""`veritem registry watch` and `activity`: what is done under registered codes."""

from typing import Annotated

import typer

from cli.alerts import format_subject
from cli.context import ConfigFile, SignedInAs
from cli.output import Json, print_fields, print_line, print_result, print_table
from cli.use_cases import call_service
from ledger import Alert, RegisteredCode
from ledger.code_watch.code_watch import CodeActivity
from services import ServiceContext
from services.codes.code_watch import RegistryWatch, get_activity
from services.codes.registered_codes import get_code
from services.documents import describe_activity, describe_alert

Code = Annotated[str, typer.Argument(metavar="CODE", help="As certified: VN-BTPH-036.")]


def watch(file: ConfigFile = None, as_json: Json = False) -> None:
    """Judge the registered codes whose use changed, now; a running desk does so by itself."""

    async def turn(context: ServiceContext) -> list[Alert]:
        return await RegistryWatch(context.ledger).take_turn()

    found = call_service(file, turn)

    def render() -> None:
        if not found:
            print_line("No code looks lent, or was withdrawn while in use.")
            return
        print_table(
            "Alerts about registered codes",
            ("alert", "about", "state", "score", "stamps", "reasons"),
            (
                (
                    str(alert.id),
                    format_subject(alert),
                    alert.state,
                    f"{alert.score:.1f}",
                    alert.stamps,
                    ", ".join(alert.reasons),
                )
                for alert in found
            ),
        )

    print_result({"alerts": [describe_alert(alert) for alert in found]}, as_json, render)


def activity(code: Code, actor: SignedInAs, file: ConfigFile = None, as_json: Json = False) -> None:
    """Show what was done under a code this year, against its crop."""

    async def load(context: ServiceContext) -> tuple[RegisteredCode, CodeActivity]:
        return await get_code(context, code), await get_activity(context, code)

    row, found = call_service(file, load, actor=actor)
    document = describe_activity(row, found)

    def render() -> None:
        print_fields(
            f"{row.code} in {found.year}",
            {
                "hectares": row.hectares,
                **{f"crop of {one.product}": f"{one.fruits:,} fruits" for one in document.crops},
                "activated": f"{found.activated:,}",
                "ordered": ", ".join(f"{who}: {n:,}" for who, n in found.ordered.items()) or None,
                "suspected": "; ".join(
                    f"{one.kind} ({one.score:.1f}): {', '.join(one.reasons)}"
                    for one in document.suspicions
                )
                or None,
            },
        )
        print_table(
            "Stamps bound",
            ("month", "place", "organisation", "product", "stamps", "late"),
            (
                (use.month, use.partner, use.organisation, use.product, use.stamps, use.late)
                for use in found.rows
            ),
        )

    print_result(document, as_json, render)
