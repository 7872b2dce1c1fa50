"""`veritem staff`: who may sign in at the desk, and as what."""

import getpass
import os
from typing import Annotated, Any, Final

import pyotp
import typer

from cli.context import Actor, ConfigFile, opened, run
from cli.output import Json, Refused, answers, facts, say, table, when
from ledger.staff import ROLES, Role, Staff

app = typer.Typer(no_args_is_help=True, help="Staff accounts of the desk.")

PASSWORD: Final = "VERITEM_STAFF_PASSWORD"  # noqa: S105  # a variable's name, not a password
Id = Annotated[str, typer.Argument(metavar="ACCOUNT", help="What the person signs in with.")]


@app.command()
def add(
    account: Id,
    role: Annotated[Role, typer.Option(help=", ".join(ROLES) + ".")],
    actor: Actor,
    name: Annotated[str | None, typer.Option(help="The person's name.")] = None,
    organisation: Annotated[str | None, typer.Option(help="Where they work.")] = None,
    one_time: Annotated[
        bool, typer.Option("--one-time-code", help="Ask for a one-time code at each sign-in.")
    ] = False,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Make an account. The password is asked for, or comes from VERITEM_STAFF_PASSWORD."""
    password = _password()
    secret = pyotp.random_base32() if one_time else None

    async def work() -> Staff:
        async with opened(file) as (_, ledger):
            try:
                return await ledger.staff.add(
                    account,
                    name=name or account,
                    role=role,
                    password=password,
                    organisation=organisation,
                    otp_secret=secret,
                    actor=actor,
                )
            except ValueError as error:
                raise Refused(why=str(error)) from error

    made = run(work())

    def lines() -> None:
        facts(f"Account {made.id}", {"name": made.name, "role": made.role, "at": made.organisation})
        if secret:
            uri = pyotp.TOTP(secret).provisioning_uri(name=made.id, issuer_name="Veritem")
            answers.print(
                f"One-time codes, shown this once: {uri}", highlight=False, soft_wrap=True
            )

    say({**_document(made), **({"otp_secret": secret} if secret else {})}, as_json, lines)


@app.command()
def disable(account: Id, actor: Actor, file: ConfigFile = None, as_json: Json = False) -> None:
    """Let an account sign in no more; its sessions and tokens stop at once."""

    async def work() -> Staff:
        async with opened(file) as (_, ledger):
            return await ledger.staff.disable(account, actor=actor)

    done = run(work())
    say(_document(done), as_json, lambda: facts(f"Account {done.id} is disabled", {}))


@app.command("list")
def list_(file: ConfigFile = None, as_json: Json = False) -> None:
    """List the accounts."""

    async def work() -> list[Staff]:
        async with opened(file) as (_, ledger):
            return await ledger.staff.list()

    accounts = run(work())
    say(
        {"staff": [_document(one) for one in accounts]},
        as_json,
        lambda: table(
            "Staff",
            ("account", "name", "role", "at", "one-time code", "since", ""),
            (
                (
                    one.id,
                    one.name,
                    one.role,
                    one.organisation,
                    "yes" if one.has_otp else "no",
                    when(one.added_at),
                    "disabled" if one.disabled else "",
                )
                for one in accounts
            ),
        ),
    )


def _password() -> str:
    given = os.environ.get(PASSWORD)
    if given is not None:
        return given
    first = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != first:
        raise Refused(why="the two passwords are not the same")
    return first


def _document(staff: Staff) -> dict[str, Any]:
    return {
        "account": staff.id,
        "name": staff.name,
        "role": staff.role,
        "organisation": staff.organisation,
        "one_time_code": staff.has_otp,
        "disabled": staff.disabled,
    }
