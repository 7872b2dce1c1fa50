"""Reads and writes GS1 elements in each form that people have them in.

    (01)08935000000014(10)L7            an element string as it is printed
    ]Q3010893500000001410L7             an element string as a scanner transmits it
    https://veritem.vn/01/…/10/L7       a Digital Link, with or without scheme
    {"01": "08935000000014"}            elements by application identifier, as JSON

>>> parse_gs1_text(" veritem.vn/01/08935000000014/10/L7 ").form
'GS1 Digital Link'
>>> write_gs1_text(parse_gs1_text('{"01": "08935000000014", "10": "L7"}').elements)
Gs1Writing(element_string='(01)08935000000014(10)L7', \
digital_link='https://id.gs1.org/01/08935000000014/10/L7')
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from stamps.typed_text import normalize_typed_text
from traceability.digital_link import format_digital_link, parse_digital_link
from traceability.gs1 import FNC1, check_element, format_element_string, parse_element_string
from traceability.gs1_keys import QUALIFIERS
from traceability.gs1_values import MalformedGs1

ROOT: Final = "https://id.gs1.org"
"""Where canonical Digital Links are (GS1 Digital Link Standard, URI syntax, section 5)."""
_GS_PICTURE: Final = "\u241d"
_ELEMENT_STRING: Final = re.compile(r"\(|\](?!Q1|d1)|\x1d|[0-9]{10}(?!.*/[0-9]{2,4}/)")
"""What begins an element string whose values have slashes, and no address."""
_BRACKETS: Final = re.compile(r"\([0-9]{2,4}\)")
_LONGEST: Final = 4096
"""Characters of a text; no set of elements is as long."""


@dataclass(frozen=True, slots=True)
class Gs1Reading:
    """The elements of a text by application identifier, and the form that they were written in."""

    form: str
    elements: Mapping[str, str]


class Gs1Writing(NamedTuple):
    """Elements as they are written; `digital_link` is None where no primary key is among them."""

    element_string: str
    digital_link: str | None


def parse_gs1_text(text: str) -> Gs1Reading:
    """Read the elements of an element string, a Digital Link or a JSON object.

    Raises:
        MalformedGs1: it is none of them, or breaks a rule of GS1.
    """
    if len(text) > _LONGEST:
        raise MalformedGs1(text=text[:64], why=f"it is longer than {_LONGEST} characters")
    if text.lstrip().startswith("{"):
        return Gs1Reading("JSON", _parse_json(text))
    # Normalizing takes blanks and invisible characters away, and Unicode counts GS among them.
    typed = "".join(normalize_typed_text(text.replace(FNC1, _GS_PICTURE)).split())
    typed = typed.replace(_GS_PICTURE, FNC1)
    if "/" not in typed or _ELEMENT_STRING.match(typed):
        return Gs1Reading("GS1 element string", parse_element_string(typed))
    if "://" not in typed:
        typed = f"https://{typed.removeprefix(']Q1')}"
    return Gs1Reading("GS1 Digital Link", dict(parse_digital_link(typed).elements))


def write_gs1_text(elements: Mapping[str, str], root: str = ROOT) -> Gs1Writing:
    """Write elements as an element string, and as a Digital Link under `root`.

    The element string has brackets, unless a value would be read as two elements in them.

    Raises:
        MalformedGs1: an unknown identifier or refused value, qualifiers of no primary key.
    """
    element_string = format_element_string(elements)
    if any(_BRACKETS.search(value) for value in elements.values()):
        element_string = format_element_string(elements, brackets=False)
    if QUALIFIERS.keys().isdisjoint(elements):
        return Gs1Writing(element_string, None)
    return Gs1Writing(element_string, format_digital_link(elements, root))


def _parse_json(text: str) -> dict[str, str]:
    try:
        pairs = json.loads(text, object_pairs_hook=list)
    except (ValueError, RecursionError) as error:
        raise MalformedGs1(text=text[:64], why=f"it is not JSON: {error}") from None
    elements: dict[str, str] = {}
    for ai, value in pairs:
        if not isinstance(value, str):
            raise MalformedGs1(text=text[:64], why=f"the value of ({ai}) is not a text")
        if ai in elements:
            raise MalformedGs1(text=text[:64], why=f"({ai}) stands twice")
        elements[ai] = check_element(ai, value).value
    if not elements:
        raise MalformedGs1(text=text[:64], why="there is no element in it")
    return elements
