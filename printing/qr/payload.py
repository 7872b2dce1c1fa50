"""QR payloads: constant text with variable fields, and the smallest QR segments for them.

A payload is a tuple of pieces. A ``str`` is the same on every stamp. A `VariableField(n)` is `n`
characters that differ from stamp to stamp: of the QR alphanumeric set (codes, base32 signatures) or
any bytes (base64url signatures)::

    ("HTTPS://VERITEM.VN/S/", VariableField(20))

ISO/IEC 18004 lets a symbol change its mode between segments. The header of a segment has 4 bits of
mode and a character count. A digit has 3⅓ bits in numeric mode, a character 5½ bits in alphanumeric
mode and 8 bits in byte mode. `split_segments` finds the split with the fewest bits, by dynamic
programming over (place, mode); its unit is a sixth of a bit. The alphanumeric mode has no ``?`` and
no ``=``: only these two characters of a URI are in byte mode.
"""

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

Mode = Literal["numeric", "alphanumeric", "byte"]

ALPHANUMERIC: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_DIGITS: Final = ALPHANUMERIC[:10]
MODES: Final[tuple[Mode, ...]] = ("numeric", "alphanumeric", "byte")


class VariableField(NamedTuple):
    """``width`` variable characters; ``mode`` is the cheapest mode that can hold any of them."""

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
    """Consecutive characters in one mode; ``None`` stands for a variable character."""

    mode: Mode
    characters: tuple[str | None, ...]

    def text(self, fill: str = "0") -> str:
        """The segment's text with ``fill`` for every variable character.

        >>> Segment("alphanumeric", ("S", "/", None)).text("A")
        'S/A'
        """
        return "".join(fill if c is None else c for c in self.characters)


def count_variable(payload: tuple[Piece, ...]) -> int:
    """Number of variable characters in the payload.

    >>> count_variable(("HTTPS://VERITEM.VN/S/", VariableField(20), ".", VariableField(103)))
    123
    """
    return sum(piece.width for piece in payload if isinstance(piece, VariableField))


def fill_payload(payload: tuple[Piece, ...], variable: str) -> str:
    """The payload's text with the variable characters filled in, in order.

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
    >>> signed = ("HTTPS://V.VN/21/", VariableField(20), "?8030=", VariableField(86, "byte"))
    >>> [s.mode for s in split_segments(signed)]
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
            # A change of mode, and the start, pays a header. The bits of a segment are rounded
            # up to a whole number before the next one starts.
            options = [
                (cost if last == mode else -(-cost // 6) * 6 + header, path)
                for last, (cost, path) in best.items()
            ] or [(header, ())]
            cost, path = min(options, key=lambda option: option[0])
            step[mode] = (cost + _COST[mode], (*path, mode))
        best = step
    _, modes = min(best.values(), key=lambda option: option[0])
    return tuple(_join_segments(characters, modes))


def _fits(character: str | VariableField, mode: Mode) -> bool:
    if isinstance(character, VariableField):
        return mode == character.mode
    return mode == "byte" or character in (ALPHANUMERIC if mode == "alphanumeric" else _DIGITS)


def _join_segments(characters: list[str | VariableField], modes: tuple[Mode, ...]) -> list[Segment]:
    runs: list[Segment] = []
    start = 0
    for at in range(1, len(modes) + 1):
        if at == len(modes) or modes[at] != modes[start]:
            run = (None if isinstance(c, VariableField) else c for c in characters[start:at])
            runs.append(Segment(modes[start], tuple(run)))
            start = at
    return runs
