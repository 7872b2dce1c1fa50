"""`veritem sign-in` and `veritem sign-out`: the accounts that act at this command line."""

import getpass
import os
import socket
from contextlib import suppress
from typing import Annotated, Final

import typer

from cli.context import ConfigFile, get_user_name, open_installation, run_async
from cli.output import Json, format_local_time, print_line, print_result
from cli.settings import read_settings
from cli.sign_ins import SignIns
from ledger import Staff, Token
from ledger.account_names import normalise_account_name
from ledger.ledger import now_ms
from ledger.staff_errors import UnknownToken
from services import Actor, ServiceContext
from services.accounts import accounts
from services.accounts.accounts import MAX_COMMAND_LINE_HOURS
from services.sign_in import IdentityProof, SignInAttempt, SignInBudgets
from stamps.timestamps import format_rfc3339

PASSWORD_VARIABLE: Final = "VERITEM_PASSWORD"  # noqa: S105 - the name of a variable
CODE_VARIABLE: Final = "VERITEM_ONE_TIME_CODE"
AccountName = Annotated[
    str | None,
    typer.Argument(metavar="[ACCOUNT]", help="The account's name.", show_default=False),
]


def sign_in(
    account: AccountName = None,
    hours: Annotated[
        int, typer.Option(min=1, max=MAX_COMMAND_LINE_HOURS, help="How long it lasts.")
    ] = MAX_COMMAND_LINE_HOURS,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Sign in to an account for some hours; commands then act as it, with its permissions.

    Password and one-time code are asked for, or come from VERITEM_PASSWORD and
    VERITEM_ONE_TIME_CODE.
    """
    name = account or str(typer.prompt("Account", err=True))
    password, code = _ask_proof()

    async def run() -> tuple[Staff, Token, str]:
        async with open_installation(file) as (_, ledger):
            return await accounts.sign_in_command_line(
                ledger,
                SignInBudgets(now_ms),
                SignInAttempt(name, password, code, network=""),
                hours=hours,
                label=f"{get_user_name()}@{socket.gethostname()}",
                at=now_ms(),
            )

    staff, token, text = run_async(run())
    SignIns(read_settings(file).ledger.url).store_token(staff.id, text)
    document = {
        "account": staff.id,
        "role": staff.role,
        "confirmed": staff.is_confirmed,
        "expires_at": format_rfc3339(token.expires_at or 0),
    }

    def render() -> None:
        until = format_local_time(token.expires_at)
        print_line(f"Signed in as {staff.id}, {staff.role}, until {until}.")
        if not staff.is_confirmed:
            print_line(("Another person must confirm this account before it may act.", "yellow"))

    print_result(document, as_json, render)


def sign_out(account: AccountName = None, file: ConfigFile = None, as_json: Json = False) -> None:
    """Sign out of an account, or of all; their tokens are revoked."""
    sign_ins = SignIns(read_settings(file).ledger.url)
    names = [normalise_account_name(account)] if account else sign_ins.list_accounts()

    async def revoke(token: str) -> None:
        async with open_installation(file) as (_, ledger):
            staff = await accounts.authenticate_command_line(ledger, token, at=now_ms())
            context = ServiceContext(ledger, Actor.of_staff(staff), now_ms)
            await accounts.revoke_command_line_token(context, token)

    ended = []
    for name in names:
        token = sign_ins.find_token(name)
        if token is None:
            continue
        with suppress(UnknownToken):  # it expired
            run_async(revoke(token))
        sign_ins.remove(name)
        ended.append(name)
    print_result(
        {"signed_out": ended},
        as_json,
        lambda: print_line(f"Signed out: {', '.join(ended) or 'nobody was signed in'}"),
    )


def read_proof() -> IdentityProof:
    """Password and one-time code of an account that is signed in, for what a sign-in may not do."""
    password, code = _ask_proof()
    return IdentityProof(password, code, session="command line")


def _ask_proof() -> tuple[str, str | None]:
    """Password and one-time code; the code is asked for whether the account has codes or not."""
    given = os.environ.get(PASSWORD_VARIABLE)
    if given is not None:
        return given, os.environ.get(CODE_VARIABLE)
    password = getpass.getpass("Password: ")
    return password, getpass.getpass("One-time code, if the account has one: ") or None
