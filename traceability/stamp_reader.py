"""Reads which stamp a text names: the one reader of command line, desk, public page and API.

People give what they have, and all of it names the stamp:

    0d9fr-h4k01.21v8q 02m5t           blanks, dashes and dots between the groups, lower case
    ０Ｄ９ＦＲ…                        full-width, with invisible characters
    ]Q1HTTPS://VERITEM.VN/S/CODE      a hand scanner's prefix, carriage return, line feed, tab
    veritem.vn/S/CODE), nhé           an address without scheme, with what a chat puts behind it
    https://…/S/CODE.SIG?utm_source=x a signed stamp, with what a tracker appends
    https://…/01/GTIN/21/CODE?8030=SIG  GS1 Digital Link
    https://l.example/?u=https%3A%2F%2Fveritem.vn%2FS%2FCODE  an address in another
    (01)GTIN(21)CODE, 01GTIN21CODE    a GS1 element string, with FNC1 as GS

What cannot belong to a code or signature is cut. A code with too many or too few characters is not
guessed at, and of the addresses of two stamps none is chosen. Percent-encoding is decoded once,
after splitting, so that `%2F` never separates path segments. Nothing is verified: `stamps.code`
decides whether the code can be read, the keys whether it was issued.

>>> read_stamp(" ]Q1https://veritem.vn/S/0d9fr%20H4K01-21V8Q.02M5T),\\r\\n").code
'0d9frH4K0121V8Q02M5T'
>>> read_stamp("(01)08935000000014(10)L1(21)0D9FRH4K0121V8Q02M5T")
StampReference(code='0D9FRH4K0121V8Q02M5T', signature=None, gtin='08935000000014', lot='L1')
>>> read_stamp("0D9FR H4K01 21V8Q 02M5T 9").code
'0D9FR H4K01 21V8Q 02M5T 9'
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple
from urllib.parse import quote, unquote

from stamps.code import ALPHABET, LENGTH, parse_code
from stamps.typed_text import DASHES, MIDDLE_DOTS, normalize_typed_text
from traceability.gs1_values import MalformedGs1
from traceability.stamp_link import parse_stamp_link

LONGEST_TEXT: Final = 2048
"""Characters of a text that names a stamp; a longer one is no code."""

# Bounds on the work that a hostile text makes.
_MOST_ADDRESSES: Final = 4
_LONGEST_TAIL: Final = 512
_LONGEST_ELEMENTS: Final = 180
_DEEPEST: Final = 3
"""An address, in the query of another, in the query of a third."""

_GROUP: Final = 5
_LETTERS: Final = frozenset(ALPHABET + ALPHABET.lower() + "OoIiLl")
_BETWEEN: Final = frozenset(" " + DASHES)
_BETWEEN_GROUPS: Final = frozenset("." + MIDDLE_DOTS)
_SYMBOLOGY: Final = re.compile(r"\s*\][A-Za-z][0-9A-Za-z]")
_SHORT_PATH: Final = re.compile(r"/[Ss]/")
_LINK_PATH: Final = re.compile(r"/01/[0-9]{14}/[^?#\s]*")
_CUT: Final = re.compile(r"[?#&]")
_SIGNATURE: Final = re.compile(r"[A-Za-z0-9_-]+")
_SERIAL_KEYS: Final = ("21", "235")
_OPENING: Final = re.compile(r"[^0-9A-Za-z]+")
"""Quotation marks and brackets before a code."""
_SEPARATORS: Final = re.compile("\x1d|\u241d|<GS>|[{]GS[}]")
"""FNC1 as it is transmitted, and as scanners in keyboard mode spell it."""
_ELEMENTS: Final = re.compile(r"\x1d?(?:\([0-9]{2,4}\)|[0-9]{2,4})")


class StampReference(NamedTuple):
    """The stamp that a text names; nothing is verified yet."""

    code: str
    """The 20 characters, case as written; the text itself where no code is found in it."""
    signature: str | None = None
    gtin: str | None = None
    lot: str | None = None


def read_stamp(text: str) -> StampReference:
    """The stamp that a text names; where it names none, a reference that no code can be read of."""
    if len(text) == LENGTH and text.isascii() and text.isalnum():
        return StampReference(text)
    if len(text) > LONGEST_TEXT:
        return StampReference(text[:LONGEST_TEXT])
    scanned = _SYMBOLOGY.sub("", text, count=1) if _SYMBOLOGY.match(text) else text
    reference = _read_code(normalize_typed_text(scanned))
    if reference is None and ("/" in scanned or "%2f" in scanned.lower()):
        reference = _read_addresses(scanned)
    return reference or _read_elements(scanned) or StampReference(text.strip())


def read_short_path(tail: str, query: str) -> StampReference:
    """The stamp of what follows `/S/` in a path; where no code is found, code and signature as
    they are written.
    """
    return _parse_short_path(tail, query) or _split_signature(tail)


def read_link_path(path: str, query: str) -> StampReference:
    """The stamp of the path of a Digital Link, `/01/…`; a malformed one has an empty code.

    Only the signature is taken from the query: chats and trackers append parameters.
    """
    path, cut, more = path.partition("&")
    query = f"{more}&{query}" if cut else query
    try:
        link = parse_stamp_link(_clean_link_path(path))
    except MalformedGs1:
        return StampReference("")
    return StampReference(link.serial or "", _find_signature(query), link.gtin, link.lot)


def get_query_parameter(query: str, name: str) -> str | None:
    """The first value of a query parameter, decoded; None without one.

    >>> get_query_parameter("a=1&8030=%41B+C", "8030")
    'AB C'
    >>> get_query_parameter("a=1", "b"), get_query_parameter("b", "b")
    (None, '')
    """
    for pair in query.split("&"):
        key, _, value = pair.partition("=")
        if key == name:
            return _decode(value.replace("+", " "))
    return None


def clean_element_string(text: str) -> str:
    """A GS1 element string without what scanners and people put around and into it.

    >>> clean_element_string("(01) 0893 5000 000014<GS>(21) A ")
    '(01)08935000000014\\x1d(21)A'
    """
    # Blanks and invisible characters have no place in it, but Unicode counts GS among them.
    parts = [normalize_typed_text(part).replace(" ", "") for part in _SEPARATORS.split(text)]
    return "\x1d".join(parts).strip("\x1d")


def _read_addresses(text: str) -> StampReference | None:
    """The stamp of the addresses in a text, or of those that they carry encoded.

    None where they name no stamp, or two: of two that are pasted together, none is meant alone.
    """
    for _ in range(_DEEPEST):
        found = [*_find_link_paths(text), *_find_short_paths(text)]
        if found:
            codes = {parse_code(reference.code) for reference in found}
            return found[0] if len(codes) == 1 else None
        if "%" not in text:
            return None
        text = unquote(text)
    return None


def _find_link_paths(text: str) -> Iterator[StampReference]:
    for found in islice(_LINK_PATH.finditer(text), _MOST_ADDRESSES):
        query = text[found.end() :].removeprefix("?").partition("#")[0]
        reference = read_link_path(found[0], query)
        taken = _take_code(reference.code)
        if taken is not None and not taken[1]:
            yield reference


def _find_short_paths(text: str) -> Iterator[StampReference]:
    for found in islice(_SHORT_PATH.finditer(text), _MOST_ADDRESSES):
        tail = text[found.end() :]
        cut = _CUT.search(tail)
        query = "" if cut is None else tail[cut.end() :]
        path = tail if cut is None else tail[: cut.start()]
        reference = _parse_short_path(path[:_LONGEST_TAIL], query)
        if reference is not None:
            yield reference


def _parse_short_path(tail: str, query: str) -> StampReference | None:
    tail, cut, more = tail.partition("&")
    taken = _take_code(normalize_typed_text(_decode(tail)))
    if taken is None:
        return None
    code, rest = taken
    if _continues_code(rest):
        return None
    signature = _match_signature(rest) or _find_signature(f"{more}&{query}" if cut else query)
    return StampReference(code, signature)


def _read_code(typed: str) -> StampReference | None:
    """A code alone, or with a signature or the rest of an address behind it."""
    typed = _OPENING.sub("", typed, count=1) if _OPENING.match(typed) else typed
    cut = _CUT.search(typed)
    taken = _take_code(typed if cut is None else typed[: cut.start()])
    if taken is None:
        return None
    code, rest = taken
    signature = _match_signature(rest)
    if _continues_code(rest) or (signature is None and any(map(str.isalnum, rest))):
        return None
    if signature is None and cut is not None:
        signature = _find_signature(typed[cut.end() :])
    return StampReference(code, signature)


def _read_elements(text: str) -> StampReference | None:
    """The stamp of a GS1 element string."""
    message = clean_element_string(text)
    if len(message) > _LONGEST_ELEMENTS or not _ELEMENTS.match(message):
        return None
    # biip takes 0.2 s to import, and element strings are rare.
    from traceability.gs1 import parse_element_string

    try:
        elements = parse_element_string(message)
    except MalformedGs1:
        return None
    taken = _take_code(elements.get("21") or elements.get("235") or "")
    if taken is None or taken[1]:
        return None
    return StampReference(taken[0], elements.get("8030"), elements.get("01"), elements.get("10"))


def _take_code(text: str) -> tuple[str, str] | None:
    """The first 20 letters of codes and what follows them; None if something else comes first."""
    letters = ""
    for at, character in enumerate(text):
        if character in _LETTERS:
            letters += character
            if len(letters) == LENGTH:
                return letters, text[at + 1 :]
        elif character not in _BETWEEN and (
            character not in _BETWEEN_GROUPS or len(letters) % _GROUP or not letters
        ):
            return None
    return None


def _continues_code(rest: str) -> bool:
    """Whether what follows 20 letters belongs to them: it was one letter too many."""
    return rest.lstrip(DASHES)[:1].isalnum()


def _match_signature(rest: str) -> str | None:
    found = _SIGNATURE.match(rest, 1) if rest.startswith(".") else None
    return None if found is None else found[0]


def _find_signature(query: str) -> str | None:
    """The signature in a query, without what cannot belong to it."""
    value = get_query_parameter(query, "8030")
    found = None if value is None else _SIGNATURE.match(value.strip())
    return value if found is None else found[0]


def _clean_link_path(path: str) -> str:
    """The path with its serial number cut to the code that it begins with, if it does."""
    segments = path.split("/")
    for at in range(len(segments) - 2, 2, -1):
        if segments[at] in _SERIAL_KEYS:
            taken = _take_code(normalize_typed_text(_decode(segments[at + 1])))
            if taken is None or _continues_code(taken[1]):
                break
            return "/".join([*segments[: at + 1], quote(taken[0], safe="")])
    return path


def _split_signature(tail: str) -> StampReference:
    code, _, signature = tail.partition(".")
    return StampReference(_decode(code), _decode(signature) if signature else None)


def _decode(text: str) -> str:
    return unquote(text, errors="replace") if "%" in text else text
