"""Matches that the lists of the ledger share."""

from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import ColumnElement, false

from ledger.lists.query import Condition

Matcher = Callable[[Any], Condition]


def match_equal(column: ColumnElement[Any]) -> Matcher:
    """Match the rows with this value; None: with an empty cell."""
    return lambda value: column.is_(None) if value is None else column == value


def match_one_of(column: ColumnElement[Any]) -> Matcher:
    """Match the rows with one of a few hundred values."""

    def match(values: Collection[Any]) -> Condition:
        return column.in_(sorted(values)) if values else false()

    return match


def match_since(column: ColumnElement[Any]) -> Matcher:
    """Match the rows from a time on."""
    return lambda at: column >= at


def match_until(column: ColumnElement[Any]) -> Matcher:
    """Match the rows before a time."""
    return lambda at: column < at
