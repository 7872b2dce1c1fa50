"""The form of a report: part of each page of a code, and a page of its own after a refusal.

A refused form comes back as it was filled in, with what is wrong beside the fields.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Final

from ledger import REPORT_KINDS
from web.i18n import Texts

FIELDS: Final = ("code", "token", "signature")
"""The hidden fields: they say which page the report is about."""
Fill = Callable[..., str]
"""Fills in a template: name, texts, values."""


@dataclass(frozen=True, slots=True)
class FilledReport:
    """A form that was sent: what was typed, the page's own fields, and the fields at fault."""

    typed: Mapping[str, str]
    page: Mapping[str, str]
    flaws: Collection[str] = field(default=())


def render_report_form(fill: Fill, words: Texts, filled: FilledReport | None = None) -> str:
    """The form; `render_hidden_fields` makes the hidden ones of an empty form."""
    shown = filled or FilledReport({}, {})
    return fill(
        "report.html",
        words,
        kinds=REPORT_KINDS,
        is_open=filled is not None,
        typed={name: shown.typed.get(name, "") for name in ("kind", "note", "contact")},
        flaws=shown.flaws,
        hidden=render_hidden_fields(shown.page),
    )


def render_hidden_fields(page: Mapping[str, str]) -> str:
    """The hidden fields of the form, wherever they stand in the page."""
    return "".join(
        f'<input type="hidden" name="{name}" form="report" value="{escape(value)}">'
        for name, value in page.items()
        if value
    )
