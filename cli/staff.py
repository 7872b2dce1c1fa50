"""`veritem staff`: accounts of the desk and their roles."""

import getpass
import os
from typing import Annotated, Final

import pyotp
import typer

from cli import devices
from cli.context import ActorName, ConfigFile
from cli.one_time_codes import seal_codes
from cli.output import (
    CommandRefused,
    Json,
    format_local_time,
    print_fields,
    print_line,
    print_result,
    print_table,
)
from cli.use_cases import call_service
from ledger.staff import ROLES, Role
from services import accounts
from services.accounts import AccountRequest
from services.documents import describe_account

app = typer.Typer(no_args_is_help=True, help="Staff accounts of the desk.")
app.add_typer(devices.app, name="devices")
app.command("seal-codes")(seal_codes)

PASSWORD_VARIABLE: Final = "VERITEM_STAFF_PASSWORD"  # noqa: S105 - the name of a variable
AccountId = Annotated[str, typer.Argument(metavar="ACCOUNT", help="What the person signs in with.")]


@app.command("add")
def add_account(
    account: AccountId,
    role: Annotated[Role, typer.Option(help=", ".join(ROLES) + ".")],
    actor: ActorName,
    name: Annotated[str | None, typer.Option(help="The person's name.")] = None,
    organisation: Annotated[str | None, typer.Option(help="Where they work.")] = None,
    one_time: Annotated[
        bool, typer.Option("--one-time-code", help="Ask for a one-time code at each sign-in.")
    ] = False,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Add an account. The password is asked for, or comes from VERITEM_STAFF_PASSWORD."""
    secret = pyotp.random_base32() if one_time else None
    request = AccountRequest(
        id=account,
        name=name or account,
        role=role,
        password=_read_password(),
        organisation=organisation,
        otp_secret=secret,
    )
    added = call_service(file, lambda c: accounts.add_account(c, request), actor=actor)

    def render() -> None:
        fields = {"name": added.name, "role": added.role, "organisation": added.organisation}
        print_fields(f"Account {added.id}", fields)
        if secret:
            uri = pyotp.TOTP(secret).provisioning_uri(name=added.id, issuer_name="Veritem")
            print_line(f"Address for the one-time code app, shown this once: {uri}")

    document = describe_account(added).model_dump(mode="json")
    print_result(document | ({"otp_secret": secret} if secret else {}), as_json, render)


@app.command("password")
def reset_password(
    account: AccountId, actor: ActorName, file: ConfigFile = None, as_json: Json = False
) -> None:
    """Give an account a new password. Its sessions end and its tokens are revoked.

    The password is asked for, or comes from VERITEM_STAFF_PASSWORD.
    """
    password = _read_password()
    changed = call_service(
        file, lambda c: accounts.reset_password(c, account, password), actor=actor
    )
    print_result(
        describe_account(changed),
        as_json,
        lambda: print_fields(f"Account {changed.id} has a new password", {}),
    )


@app.command()
def disable(
    account: AccountId, actor: ActorName, file: ConfigFile = None, as_json: Json = False
) -> None:
    """Disable an account; its sessions and tokens stop at once."""
    disabled = call_service(file, lambda c: accounts.disable_account(c, account), actor=actor)
    print_result(
        describe_account(disabled),
        as_json,
        lambda: print_fields(f"Account {disabled.id} is disabled", {}),
    )


@app.command("list")
def list_(file: ConfigFile = None, as_json: Json = False) -> None:
    """List the accounts."""
    listed = call_service(file, accounts.list_accounts)
    print_result(
        {"staff": [describe_account(one) for one in listed]},
        as_json,
        lambda: print_table(
            "Staff",
            ("account", "name", "role", "organisation", "one-time code", "since", ""),
            (
                (
                    one.id,
                    one.name,
                    one.role,
                    one.organisation,
                    "yes" if one.has_otp else "no",
                    format_local_time(one.added_at),
                    "disabled" if one.disabled else "",
                )
                for one in listed
            ),
        ),
    )


def _read_password() -> str:
    given = os.environ.get(PASSWORD_VARIABLE)
    if given is not None:
        return given
    first = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != first:
        raise CommandRefused(why="the two passwords differ")
    return first
