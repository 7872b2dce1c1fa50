"""Numbers and choices as people type them in forms and tables."""

from collections.abc import Mapping
from typing import Literal

from services.tables.line_flaws import UnreadableCell
from stamps.typed_number import MalformedNumber, parse_decimal, parse_whole_number
from web.i18n import Language
from web.plain_letters import split_words

Thousands = Literal[".", ",", ""]
"""The sign that separates thousands in what is read; empty: both readings are possible."""


def read_count(text: str, thousands: Thousands) -> int:
    """The whole number that a text means. Raises `UnreadableCell`."""
    try:
        return parse_whole_number(text, thousands)
    except MalformedNumber as error:
        raise _refuse(text, error, "whole") from error


def read_number(text: str, thousands: Thousands) -> float:
    """The number that a text means, with a fraction or without. Raises `UnreadableCell`."""
    try:
        return parse_decimal(text, thousands)
    except MalformedNumber as error:
        raise _refuse(text, error, "number") from error


def read_choice(choices: Mapping[str, Mapping[Language, str]], text: str) -> str:
    """The choice of this id, or of this name in any language. Raises `UnreadableCell`."""
    key = " ".join(split_words(text))
    for one, words in choices.items():
        if key in {" ".join(split_words(word)) for word in (one, *words.values())}:
            return one
    known = ", ".join(words["vi"] for words in choices.values()) or ", ".join(choices)
    raise UnreadableCell("choice", text=text, known=known)


def _refuse(text: str, error: MalformedNumber, reason: str) -> UnreadableCell:
    if both := error.evidence.get("readings"):
        one, other = both
        return UnreadableCell("readings", text=text, one=one, other=other)
    return UnreadableCell(reason, text=text)
