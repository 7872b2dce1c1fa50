"""Whole numbers on the command line: one that can be read in two ways is refused with both."""

import typer

from stamps.typed_number import MalformedNumber, parse_whole_number


def parse_number(text: str) -> int:
    """The number of an argument. Raises `typer.BadParameter`."""
    try:
        return parse_whole_number(text)
    except MalformedNumber as error:
        raise typer.BadParameter(str(error)) from None
