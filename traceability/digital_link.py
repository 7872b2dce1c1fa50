"""GS1 Digital Link: a trade item and its serial number as a web address.

```
https://HOST/[stem/]01/GTIN[/22/VARIANT][/10/LOT][/21/SERIAL][?AI=VALUE&…]
https://HOST/[stem/]01/GTIN/235/EXTENSION[?AI=VALUE&…]
```

The primary key is 01. Its qualifiers come in this order and no other, each at most once, and 235
comes alone. Attributes stand in the query under their number (a numeric name that is no attribute
is refused); names that are not numbers are the web's own (`linkType`, for one) and are kept apart.
Values are percent-encoded. GS1 Digital Link Standard, URI syntax, release 1.4.

>>> link = read("https://VERITEM.VN/01/08935000000014/10/L7/21/0123456789ABCDEFGHJK?17=260930")
>>> link.gtin, link.serial, link.attributes
('08935000000014', '0123456789ABCDEFGHJK', {'17': '260930'})
>>> read("https://veritem.vn/01/08935000000014/21/A/10/L7")
Traceback (most recent call last):
    ...
traceability.gs1.MalformedGs1: not GS1: qualifiers come in the order 22, 10, 21 or 235 alone
>>> write(DigitalLink(gtin="08935000000014", serial="A/1"), "https://veritem.vn")
'https://veritem.vn/01/08935000000014/21/A%2F1'
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from traceability.gs1 import IDENTIFIERS, MalformedGs1, check_value, gtin

PRIMARY: Final = "01"
# Qualifier → the field of `DigitalLink` that holds it, in the order of the path.
QUALIFIERS: Final = {"22": "variant", "10": "lot", "21": "serial", "235": "extension"}
ATTRIBUTES: Final = frozenset(IDENTIFIERS) - {PRIMARY, "00", *QUALIFIERS}
LONGEST: Final = 2048  # characters; an address past this is nobody's stamp


@dataclass(frozen=True)
class DigitalLink:
    """What a Digital Link names. `attributes` by AI; `parameters` are the web's own."""

    gtin: str
    variant: str | None = None
    lot: str | None = None
    serial: str | None = None
    extension: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def elements(self) -> dict[str, str]:
        """The same as AI elements, primary key first, for `traceability.gs1.write_elements`."""
        qualifiers = {ai: getattr(self, name) for ai, name in QUALIFIERS.items()}
        return {
            PRIMARY: self.gtin,
            **{ai: value for ai, value in qualifiers.items() if value is not None},
            **self.attributes,
        }


def read(uri: str) -> DigitalLink:
    """Read a Digital Link, whole or from its path on; the host is not looked at.

    Raises:
        MalformedGs1: no primary key, qualifiers out of order, a refused value.
    """
    if len(uri) > LONGEST:
        raise MalformedGs1(text=uri[:64], why=f"the address is longer than {LONGEST} characters")
    try:
        address = urlsplit(uri)
    except ValueError as error:
        raise MalformedGs1(text=uri, why=str(error)) from None
    segments = [unquote(part) for part in address.path.removesuffix("/").split("/")]
    for at, segment in enumerate(segments[:-1]):
        # A stem may say 01 too; the primary key is the one that a GTIN follows.
        if segment == PRIMARY and segments[at + 1].isdecimal() and len(segments[at + 1]) > 2:
            key, rest = segments[at + 1], segments[at + 2 :]
            break
    else:
        raise MalformedGs1(text=uri, why="the path has no /01/ with a GTIN after it")
    attributes, parameters = _query(address.query)
    return DigitalLink(
        gtin=gtin(key), **_qualifiers(rest), attributes=attributes, parameters=parameters
    )


def write(link: DigitalLink, root: str) -> str:
    """The canonical address of `link` under `root` (`https://veritem.vn`, a stem allowed).

    Attributes are written in the order of their numbers.

    Raises:
        MalformedGs1: a refused value, or 235 beside another qualifier.
    """
    if link.extension is not None and (link.variant or link.lot or link.serial):
        raise MalformedGs1(text=link.extension, why=_ORDER)
    path = [root.rstrip("/"), PRIMARY, gtin(link.gtin)]
    for ai, name in QUALIFIERS.items():
        if (value := getattr(link, name)) is not None:
            check_value(ai, value)
            path += [ai, quote(value, safe="")]
    for ai, value in link.attributes.items():
        _check_attribute(ai, value)
    pairs = [*sorted(link.attributes.items()), *sorted(link.parameters.items())]
    query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
    return "/".join(path) + (f"?{query}" if query else "")


_ORDER = "qualifiers come in the order 22, 10, 21 or 235 alone"


def _qualifiers(segments: list[str]) -> dict[str, str]:
    names, values = segments[::2], segments[1::2]
    if len(names) != len(values):
        raise MalformedGs1(text="/".join(segments), why="an identifier in the path has no value")
    order = list(QUALIFIERS)
    places = [order.index(ai) if ai in QUALIFIERS else -1 for ai in names]
    strictly = all(a < b for a, b in pairwise(places))
    if -1 in places or not strictly or ("235" in names and len(names) > 1):
        raise MalformedGs1(text="/".join(segments), why=_ORDER)
    for ai, value in zip(names, values, strict=True):
        check_value(ai, value)
    return {QUALIFIERS[ai]: value for ai, value in zip(names, values, strict=True)}


def _query(query: str) -> tuple[dict[str, str], dict[str, str]]:
    attributes: dict[str, str] = {}
    parameters: dict[str, str] = {}
    # A plus sign is a plus sign here, not the space of HTML forms.
    for name, value in parse_qsl(query.replace("+", "%2B"), keep_blank_values=True):
        if not (name.isascii() and name.isdecimal()):
            parameters[name] = value
            continue
        if name in attributes:
            raise MalformedGs1(text=query, why=f"({name}) stands twice")
        _check_attribute(name, value)
        attributes[name] = value
    return attributes, parameters


def _check_attribute(ai: str, value: str) -> None:
    if ai not in ATTRIBUTES:
        raise MalformedGs1(text=value, why=f"({ai}) is not an attribute of a trade item")
    check_value(ai, value)
