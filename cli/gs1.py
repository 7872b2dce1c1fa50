"""`veritem gs1`: parse a GS1 element string or Digital Link, or write one."""

from collections.abc import Mapping
from typing import Annotated

import typer

from cli.output import Json, print_fields, print_result
from traceability.gs1_text import ROOT, parse_gs1_text, write_gs1_text


def gs1(
    text: Annotated[
        str,
        typer.Argument(help='(01)0893…(21)ABC, a scan, https://…/01/0893…, {"01": "0893…"}'),
    ],
    write: Annotated[
        bool, typer.Option("--write", help="Write the elements as an element string and address.")
    ] = False,
    root: Annotated[
        str, typer.Option(help="Where the written address begins, such as https://veritem.vn.")
    ] = ROOT,
    as_json: Json = False,
) -> None:
    """Parse a GS1 element string or Digital Link and print its application identifiers."""
    reading = parse_gs1_text(text)
    written = write_gs1_text(reading.elements, root)
    document: dict[str, object] = {
        "elements": reading.elements,
        "element_string": written.element_string,
    }
    if write:
        document["digital_link"] = written.digital_link
        fields = {"element string": written.element_string}
        if written.digital_link is not None:
            fields["address"] = written.digital_link
        shown: Mapping[str, str] = fields
    else:
        shown = {f"({ai})": value for ai, value in reading.elements.items()}
    print_result(document, as_json, lambda: print_fields(reading.form, shown))
