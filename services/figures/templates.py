"""Templates of the yearly reports of the plans, read from templates.toml."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Literal

from ledger.errors import UnknownRow

Words = Mapping[str, str]
"""A text in Vietnamese (`vi`) and English (`en`)."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """One line of a report: its name, unit and the figure that it shows."""

    id: str
    source: str
    unit: Words
    name: Words


@dataclass(frozen=True, slots=True)
class ReportTemplate:
    """A report: who submits it, when it is due, what it covers and its indicators."""

    id: str
    level: Literal["province", "ministry"]
    due: str
    """Month and day, `11-30`."""
    until: str
    """The last month and day that the report covers."""
    name: Words
    indicators: Sequence[Indicator]

    def get_due(self, year: int) -> date:
        """The day on which the report of a year is due."""
        return date.fromisoformat(f"{year}-{self.due}")

    def get_days(self, year: int, today: date) -> tuple[date, date]:
        """The days that the report of a year covers; up to today while they are not over."""
        first, last = date(year, 1, 1), date.fromisoformat(f"{year}-{self.until}")
        return first, max(first, min(last, today))


@cache
def load_templates() -> Mapping[str, ReportTemplate]:
    """All templates by id, in the order of their due days."""
    text = files("services.figures").joinpath("templates.toml").read_text("utf-8")
    tables = tomllib.loads(text)
    indicators = {
        id_: Indicator(id_, one["source"], one["unit"], {"vi": one["vi"], "en": one["en"]})
        for id_, one in tables.pop("indicators").items()
    }
    return {
        id_: ReportTemplate(
            id=id_,
            level=one["level"],
            due=one["due"],
            until=one["until"],
            name={"vi": one["vi"], "en": one["en"]},
            indicators=[indicators[name] for name in one["indicators"]],
        )
        for id_, one in tables.items()
    }


def get_template(id_: str) -> ReportTemplate:
    """The template of this id. Raises `UnknownRow`."""
    try:
        return load_templates()[id_]
    except KeyError:
        raise UnknownRow(kind="report", id=id_) from None
