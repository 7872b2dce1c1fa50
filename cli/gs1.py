"""`veritem gs1`: parse a GS1 element string or Digital Link."""

from typing import Annotated

import typer

from cli.output import Json, print_fields, print_result
from traceability.digital_link import parse_digital_link
from traceability.gs1 import format_element_string, parse_element_string


def gs1(
    text: Annotated[str, typer.Argument(help="(01)0893…(21)ABC, a scan, or https://…/01/0893…")],
    as_json: Json = False,
) -> None:
    """Parse a GS1 element string or Digital Link and print its application identifiers."""
    is_address = "://" in text
    elements = dict(parse_digital_link(text).elements if is_address else parse_element_string(text))
    form = "GS1 Digital Link" if is_address else "GS1 element string"
    document = {"elements": elements, "element_string": format_element_string(elements)}
    print_result(
        document,
        as_json,
        lambda: print_fields(form, {f"({ai})": value for ai, value in elements.items()}),
    )
