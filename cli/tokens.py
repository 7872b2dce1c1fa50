"""`veritem token`: tokens of accounts and of organisations."""

from collections.abc import Sequence
from typing import Annotated, Literal

import typer

from cli.context import ConfigFile, IdempotencyKey, SignedInAs
from cli.output import Json, format_local_time, print_fields, print_line, print_result, print_table
from cli.settings import read_settings
from cli.sign_in import read_proof
from cli.use_cases import call_service
from ledger.ledger import now_ms
from services.accounts import tokens
from services.documents.access import describe_listed_token
from services.documents.administration import describe_made_token
from services.lists.access import TOKENS
from services.lists.description import ListRequest, Row
from services.lists.find import find_list_page
from services.permissions import Permission
from services.sign_in import SignInBudgets

app = typer.Typer(no_args_is_help=True, help="Tokens of accounts and organisations.")


@app.command("list")
def list_tokens(
    organisation: Annotated[str | None, typer.Option(help="Only those of one.")] = None,
    state: Annotated[
        Literal["valid", "expired", "revoked"] | None,
        typer.Option(help="Only those in this state."),
    ] = None,
    after: Annotated[str | None, typer.Option(help="`next` of the page before.")] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """List tokens, the newest first, with their last use."""
    given = {"organisation": organisation, "state": state}
    request = ListRequest(
        filters={name: (value,) for name, value in given.items() if value}, after=after
    )
    page = call_service(file, lambda c: find_list_page(c, TOKENS, request))

    def show() -> None:
        print_table(
            "Tokens",
            ("token", "label", "organisation", "account", "last used", "expires", "state"),
            [_list_cells(row) for row in page.rows],
        )

    document = {"tokens": [describe_listed_token(row) for row in page.rows], "next": page.next}
    print_result(document, as_json, show)


@app.command("make")
def create_organisation_token(
    label: Annotated[str, typer.Argument(metavar="LABEL", help="A name to know it by.")],
    scope: Annotated[
        list[Permission],
        typer.Option("--scope", help="A permission; name the option once for each."),
    ],
    actor: SignedInAs,
    key: IdempotencyKey,
    days: Annotated[int, typer.Option(min=1, help="How long it lasts.")] = 90,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Make a token of the account's organisation and print it, this once.

    The password is asked for again, or comes from VERITEM_PASSWORD and VERITEM_ONE_TIME_CODE.
    """
    longest, proof = read_settings(file).desk.token_days, read_proof()
    token, text = call_service(
        file,
        lambda c: tokens.create_organisation_token(
            c,
            SignInBudgets(now_ms),
            proof,
            label,
            days,
            longest_days=longest,
            scopes=scope,
            key=key,
        ),
        actor=actor,
    )

    def show() -> None:
        print_line(f"Token, shown this once: {text}")
        print_fields(f"Token {token.id}", {"expires": format_local_time(token.expires_at)})

    print_result(describe_made_token(token, text), as_json, show)


@app.command("revoke")
def revoke_token(
    token: Annotated[str, typer.Argument(metavar="TOKEN", help="Its id, as `list` shows it.")],
    actor: SignedInAs,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Revoke a token of one's own or of one's organisation; an administrator any."""
    row = call_service(file, lambda c: tokens.revoke_token(c, token), actor=actor)
    document = describe_listed_token(row)
    print_result(document, as_json, lambda: print_fields(f"Token {token} is revoked", {}))


def _list_cells(row: Row) -> Sequence[object]:
    used = format_local_time(row["used_at"]) if row["used_at"] else "never"
    until = format_local_time(row["expires_at"])
    return row["id"], row["label"], row["organisation"], row["staff"], used, until, row["state"]
