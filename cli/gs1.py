"""`veritem gs1`: parse a GS1 element string or Digital Link."""

from typing import Annotated, Final

import typer

from cli.output import Json, print_fields, print_result
from stamps.typed_text import normalize_typed_text
from traceability.digital_link import parse_digital_link
from traceability.gs1 import FNC1, format_element_string, parse_element_string

_GS_PICTURE: Final = "\u241d"


def _parse_address(text: str) -> dict[str, str]:
    return dict(parse_digital_link(text).elements)


def gs1(
    text: Annotated[str, typer.Argument(help="(01)0893…(21)ABC, a scan, or https://…/01/0893…")],
    as_json: Json = False,
) -> None:
    """Parse a GS1 element string or Digital Link and print its application identifiers."""
    typed = "".join(normalize_typed_text(text.replace(FNC1, _GS_PICTURE)).split())
    typed = typed.replace(_GS_PICTURE, FNC1)
    is_address = "/" in typed
    if is_address and "://" not in typed:
        typed = f"https://{typed.removeprefix(']Q1')}"
    parse = _parse_address if is_address else parse_element_string
    elements = parse(typed)
    form = "GS1 Digital Link" if is_address else "GS1 element string"
    document = {"elements": elements, "element_string": format_element_string(elements)}
    print_result(
        document,
        as_json,
        lambda: print_fields(form, {f"({ai})": value for ai, value in elements.items()}),
    )
