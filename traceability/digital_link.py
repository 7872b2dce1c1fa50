"""GS1 Digital Link addresses, parsed by biip and checked strictly.

    https://HOST/[stem/]01/GTIN14[/22/VARIANT][/10/LOT][/21/SERIAL][?AI=VALUE&…]
    https://HOST/[stem/]01/GTIN14/235/EXTENSION[?AI=VALUE&…]

The last primary key in the path counts; what stands before it is a stem. Its qualifiers come in
their order, each at most once, and 235 comes alone. Attributes stand in the query under their
number; a number that is no application identifier is refused, and so is one that belongs in the
path. Names that are not numbers are the web's own (`linkType`, for one). Values are
percent-encoded, and a plus sign is a plus sign in the path and a blank, which no value has, in
the query. The signature of a stamp, (8030), is base64url (ADR 0012). GS1 Digital Link Standard,
URI syntax, release 1.4; `docs/lot.md` says where this parser and GS1's own test vectors differ.

>>> link = parse_digital_link("https://veritem.vn/01/08935000000014/10/L7/21/ABC?17=260930")
>>> link.gtin, link.serial, link.elements["17"]
('08935000000014', 'ABC', '260930')
>>> parse_digital_link("https://veritem.vn/01/08935000000014/21/A/10/L7")
Traceback (most recent call last):
    ...
traceability.gs1_values.MalformedGs1: not GS1: Expected one of (235) as qualifier, got '10'.
>>> format_digital_link({"01": "08935000000014", "21": "A/1"}, "https://veritem.vn")
'https://veritem.vn/01/08935000000014/21/A%2F1'
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, unquote_plus, urlsplit

from biip import EncodeError, ParseError
from biip.gs1_digital_link_uris import GS1DigitalLinkURI
from biip.gs1_element_strings import GS1ElementStrings

from traceability.gs1 import check_element
from traceability.gs1_keys import COMPRESSED_REFUSED, QUALIFIERS, is_compressed_link_path
from traceability.gs1_values import MalformedGs1

LONGEST_URI: Final = 2048
"""Characters; no stamp has a longer address."""

# RFC 3986: unreserved, reserved and the percent sign of an escape; no bracket in the path.
_URI: Final = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*")
_HOST: Final = re.compile(r"[A-Za-z0-9.\-]+|\[[0-9A-Fa-f:.]+\]")


@dataclass(frozen=True)
class DigitalLink:
    """The elements of a Digital Link by identifier, primary key first, and its other parameters."""

    elements: Mapping[str, str]
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def gtin(self) -> str | None:
        """The trade item."""
        return self.elements.get("01")

    @property
    def lot(self) -> str | None:
        """The lot number, (10)."""
        return self.elements.get("10")

    @property
    def serial(self) -> str | None:
        """The serial number: (21), or a third party's (235)."""
        return self.elements.get("21") or self.elements.get("235")


def parse_digital_link(uri: str) -> DigitalLink:
    """Parse a Digital Link address; a scanner's prefix `]Q1` is skipped.

    Raises:
        MalformedGs1: no address, no primary key, qualifiers out of order, a refused value.
    """
    uri = uri.strip("\r\n\t ").removeprefix("]Q1").removeprefix("]d1")
    if len(uri) > LONGEST_URI:
        raise MalformedGs1(text=uri[:64], why=f"the address is longer than {LONGEST_URI}")
    if _URI.fullmatch(uri) is None:
        raise MalformedGs1(text=uri, why="it has a character that no address has")
    try:
        address = urlsplit(uri)
        host = address.netloc.rpartition("@")[2]
        port = address.port
    except ValueError as error:
        raise MalformedGs1(text=uri, why=str(error)) from None
    name = host if port is None else host.rpartition(":")[0]
    if address.scheme not in ("http", "https") or _HOST.fullmatch(name) is None:
        raise MalformedGs1(text=uri, why="it is not an http or https address with a host")
    path = _strip_stem(address.path)
    # biip splits and orders the path; the query is read here, as biip takes any name in it.
    try:
        parsed = GS1DigitalLinkURI.parse(f"https://host/{'/'.join(path)}")
    except ParseError as error:
        raise MalformedGs1(text=uri, why=str(error)) from None
    elements = {}
    for segment, element in zip(path[1::2], parsed.element_strings, strict=True):
        elements[element.ai.ai] = check_element(element.ai.ai, unquote(segment)).value
    if "235" in elements and len(elements) > 2:
        raise MalformedGs1(text=uri, why="235 is the only qualifier of a GTIN where it stands")
    attributes, parameters = parse_query(address.query, tuple(elements))
    return DigitalLink({**elements, **attributes}, parameters)


def format_digital_link(elements: Mapping[str, str], root: str) -> str:
    """The canonical address of elements under `root` (`https://veritem.vn`, a stem allowed).

    Raises:
        MalformedGs1: no or two primary keys, or what `parse_digital_link` refuses.
    """
    parsed = GS1ElementStrings(check_element(ai, value) for ai, value in elements.items())
    try:
        uri = GS1DigitalLinkURI.from_element_strings(parsed).as_uri(domain="host")
    except EncodeError as error:
        raise MalformedGs1(text=str(dict(elements)), why=str(error)) from None
    parse_digital_link(uri)
    return root.rstrip("/") + uri.removeprefix("https://host")


def _strip_stem(path: str) -> list[str]:
    """The segments from the last primary key on that pairs of identifier and value follow."""
    segments = path.split("/")
    for at in range(len(segments) - 2, -1, -2):
        if segments[at] in QUALIFIERS:
            return segments[at:]
    if is_compressed_link_path(path):
        raise MalformedGs1(text=path, why=COMPRESSED_REFUSED)
    raise MalformedGs1(text=path, why="the path has no primary key, like /01/, with its value")


def parse_query(query: str, in_path: Sequence[str]) -> tuple[dict[str, str], dict[str, str]]:
    """The attributes of a query by identifier, and its other parameters.

    `in_path` are the identifiers of the path, primary key first.

    Raises:
        MalformedGs1: an attribute that is repeated, unknown, refused, or belongs in the path.
    """
    attributes: dict[str, str] = {}
    parameters: dict[str, str] = {}
    for pair in filter(None, query.split("&")):
        name, equals, value = pair.partition("=")
        if not (name.isascii() and name.isdecimal()):
            parameters[unquote_plus(name)] = unquote_plus(value)
            continue
        if not equals or name in attributes or name in in_path:
            raise MalformedGs1(text=query, why=f"({name}) stands twice or has no value")
        if _belongs_in_path(name, in_path):
            raise MalformedGs1(text=query, why=f"({name}) belongs in the path")
        attributes[name] = check_element(name, unquote_plus(value)).value
    return attributes, parameters


def _belongs_in_path(ai: str, in_path: Sequence[str]) -> bool:
    """Whether an attribute could have been a qualifier beside those in the path."""
    key, *qualifiers = in_path
    return any({ai, *qualifiers} <= set(sequence) for sequence in QUALIFIERS[key])
