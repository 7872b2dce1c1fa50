"""New passwords and secrets of one-time codes, as commands ask for them."""

import getpass
import os

import pyotp

from cli.output import CommandRefused


def read_new_password(variable: str, whose: str = "") -> str:
    """The password in an environment variable, else typed twice.

    Raises:
        CommandRefused: the two differ.
    """
    given = os.environ.get(variable)
    if given is not None:
        return given
    first = getpass.getpass(f"Password{whose}: ")
    if getpass.getpass("Again: ") != first:
        raise CommandRefused(why="the two passwords differ")
    return first


def app_uri(account: str, secret: str) -> str:
    """The address that an authenticator app reads."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name="Veritem")
