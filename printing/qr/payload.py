"""What one batch of symbols says: constant text with holes, and its smallest QR segments.

A payload is a tuple of pieces: a ``str`` is constant, a `VariableField` stands for so many variable
characters, which are of the QR alphanumeric set (codes, base32 signatures) or any bytes (base64url
signatures)::

    ("HTTPS://VERITEM.VN/S/", VariableField(20))

ISO/IEC 18004 lets a symbol switch mode between segments. Each segment pays a header (4 bits of
mode and a character count); a digit costs 3⅓ bits in numeric mode, a character 5½ in alphanumeric
and 8 in byte mode. `segments` finds the cheapest cut by dynamic programming over (place, mode),
counting in sixths of a bit, so that ``?`` and ``=``, which alphanumeric mode lacks, cost their
own few characters eight bits and not the whole URI.
"""

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

Mode = Literal["numeric", "alphanumeric", "byte"]

ALPHANUMERIC: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_DIGITS: Final = ALPHANUMERIC[:10]
MODES: Final[tuple[Mode, ...]] = ("numeric", "alphanumeric", "byte")


class VariableField(NamedTuple):
    """``width`` variable characters; ``mode`` is the cheapest that holds whatever they will be."""

    width: int
    mode: Literal["alphanumeric", "byte"] = "alphanumeric"


Piece = str | VariableField

# Sixths of a bit per character: 10/3, 11/2 and 8 bits.
_COST: Final[dict[Mode, int]] = {"numeric": 20, "alphanumeric": 33, "byte": 48}
# Bits of the character count, for versions 1–9, 10–26 and 27–40 (ISO/IEC 18004 table 3).
_COUNT_BITS: Final[dict[Mode, tuple[int, int, int]]] = {
    "numeric": (10, 12, 14),
    "alphanumeric": (9, 11, 13),
    "byte": (8, 16, 16),
}
VERSION_RANGES: Final = ((1, 9), (10, 26), (27, 40))


@dataclass(frozen=True)
class Segment:
    """One run of characters in one mode; ``None`` stands for a variable character.

    A variable character is only ever in the mode of its hole.
    """

    mode: Mode
    characters: tuple[str | None, ...]

    def text(self, fill: str = "0") -> str:
        """The segment's text with every hole filled by the one character ``fill``.

        >>> Segment("alphanumeric", ("S", "/", None)).text("A")
        'S/A'
        """
        return "".join(fill if c is None else c for c in self.characters)


def count_variable(payload: tuple[Piece, ...]) -> int:
    """How many variable characters the payload has.

    >>> count_variable(("HTTPS://VERITEM.VN/S/", VariableField(20), ".", VariableField(103)))
    123
    """
    return sum(piece.width for piece in payload if isinstance(piece, VariableField))


def fill_payload(payload: tuple[Piece, ...], variable: str) -> str:
    """The whole text with the variable characters put in, in order.

    >>> fill_payload(("A/", VariableField(3), ".", VariableField(2)), "XYZ12")
    'A/XYZ.12'
    """
    text, at = [], 0
    for piece in payload:
        if isinstance(piece, VariableField):
            text.append(variable[at : at + piece.width])
            at += piece.width
        else:
            text.append(piece)
    return "".join(text)


def split_segments(payload: tuple[Piece, ...], version_range: int = 0) -> tuple[Segment, ...]:
    """The cheapest segments for symbols of ``VERSION_RANGES[version_range]``.

    >>> [s.mode for s in split_segments(("HTTPS://VERITEM.VN/S/", VariableField(20)))]
    ['alphanumeric']
    >>> [s.mode for s in split_segments(("HTTPS://V.VN/21/", VariableField(20), "?8030=", VariableField(86, "byte")))]
    ['alphanumeric', 'byte']
    """
    characters: list[str | VariableField] = []
    for piece in payload:
        characters.extend(piece if isinstance(piece, str) else [piece] * piece.width)
    best: dict[Mode, tuple[int, tuple[Mode, ...]]] = {}
    for character in characters:
        step: dict[Mode, tuple[int, tuple[Mode, ...]]] = {}
        for mode in MODES:
            if not _fits(character, mode):
                continue
            header = (4 + _COUNT_BITS[mode][version_range]) * 6
            # Staying in a mode is free; a change, or the start, pays a header. A segment's last
            # fraction of a bit is rounded up before the next one starts.
            ways = [
                (cost if last == mode else -(-cost // 6) * 6 + header, way)
                for last, (cost, way) in best.items()
            ] or [(header, ())]
            cost, way = min(ways, key=lambda w: w[0])
            step[mode] = (cost + _COST[mode], (*way, mode))
        best = step
    _, modes = min(best.values(), key=lambda w: w[0])
    return tuple(_runs(characters, modes))


def _fits(character: str | VariableField, mode: Mode) -> bool:
    if isinstance(character, VariableField):
        return mode == character.mode
    return mode == "byte" or character in (ALPHANUMERIC if mode == "alphanumeric" else _DIGITS)


def _runs(characters: list[str | VariableField], modes: tuple[Mode, ...]) -> list[Segment]:
    runs: list[Segment] = []
    start = 0
    for at in range(1, len(modes) + 1):
        if at == len(modes) or modes[at] != modes[start]:
            run = (None if isinstance(c, VariableField) else c for c in characters[start:at])
            runs.append(Segment(modes[start], tuple(run)))
            start = at
    return runs
