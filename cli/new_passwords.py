"""New passwords and secrets of one-time codes, as commands ask for them."""

import getpass
import os

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
