"""The first two accounts of an installation, as `veritem init` asks for them."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyotp
import typer

from cli.new_passwords import read_new_password
from cli.output import CommandRefused
from ledger import NewAccount
from ledger.account_names import is_same_account
from services.accounts.one_time_codes import describe_secret

PREFIX: Final = "VERITEM_FOUNDER_"
DEMO_FOUNDERS: Final = (
    NewAccount("lan", "Lan", "sầu riêng của Lan, hạt lép"),
    NewAccount("minh", "Minh", "măng cụt của Minh, vỏ tím"),
)
"""The accounts of a demo; everybody knows their passwords."""


@dataclass(frozen=True, slots=True)
class Founders:
    """Two accounts, and the one-time code secrets that were made for them."""

    accounts: tuple[NewAccount, NewAccount]

    def list_uris(self) -> dict[str, str]:
        """The address for the authenticator app of each account that has codes."""
        return {
            one.id: describe_secret(one.id, one.otp_secret)
            for one in self.accounts
            if one.otp_secret
        }


def read_founders() -> Founders | None:
    """Two accounts from the environment, else asked for at a terminal; None where neither is.

    VERITEM_FOUNDER_1 and VERITEM_FOUNDER_2 name them, …_PASSWORD or …_PASSWORD_FILE have their
    passwords, and …_ONE_TIME_CODE=yes gives them one-time codes.

    Raises:
        CommandRefused: one of the two is incomplete, or both are one person.
    """
    named = [os.environ.get(f"{PREFIX}{number}") for number in (1, 2)]
    if not any(named):
        if not sys.stdin.isatty():
            return None
        typer.echo(
            "Two people found the installation, each with an account; every later account and "
            "every decision needs two.",
            err=True,
        )
        one = _ask("First account")
        other = _ask("Second account")
        if is_same_account(one.id, other.id):
            raise CommandRefused(why=f"{other.id!r} and {one.id!r} are one account")
        return Founders((one, other))
    one, other = (_read(number) for number in (1, 2))
    return Founders((one, other))


def _ask(what: str) -> NewAccount:
    name = str(typer.prompt(what, err=True))
    password = read_new_password("", f" of {name}")
    wants_codes = typer.confirm("With one-time codes (recommended)?", default=True, err=True)
    return NewAccount(name, name, password, pyotp.random_base32() if wants_codes else None)


def _read(number: int) -> NewAccount:
    name = os.environ.get(f"{PREFIX}{number}")
    if not name:
        raise CommandRefused(why=f"{PREFIX}{number} names no account; two people found them")
    password = os.environ.get(f"{PREFIX}{number}_PASSWORD")
    path = os.environ.get(f"{PREFIX}{number}_PASSWORD_FILE")
    if password is None and path:
        try:
            password = Path(path).read_text("utf-8").rstrip("\r\n")
        except (OSError, UnicodeError) as error:
            raise CommandRefused(why=f"{path} cannot be read: {error}") from error
    if password is None:
        raise CommandRefused(why=f"set {PREFIX}{number}_PASSWORD or {PREFIX}{number}_PASSWORD_FILE")
    has_codes = os.environ.get(f"{PREFIX}{number}_ONE_TIME_CODE") == "yes"
    return NewAccount(name, name, password, pyotp.random_base32() if has_codes else None)
