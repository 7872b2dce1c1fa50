"""Personal data that is kept: one table, from which the page, docs/privacy.md and a check follow.

`personal_data.toml` has what is kept, of whom, why, how long, and what erases it. A column of the
schema that is neither there nor in `impersonal_columns.toml` fails a test.

>>> table = load_personal_data()
>>> table["sessions"].columns[0], table["sessions"].is_erased
('staff_sessions.browser', True)
>>> find_datum("scans.net").name, find_datum("mentions.nobody_decided")
('scans', None)
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any, Final

from web.i18n import LANGUAGES, Language

Labels = Mapping[Language, str]
_FOLDER: Final = files("services").joinpath("privacy")


@dataclass(frozen=True, slots=True)
class Retention:
    """The days of settings for which personal data is kept."""

    departed_days: int = 730
    pseudonym_days: int = 730
    report_days: int = 90
    report_most_days: int = 365


@dataclass(frozen=True, slots=True)
class PersonalDatum:
    """One kind of personal data."""

    name: str
    title: Labels
    whose: Labels
    ground: Labels
    why: Labels
    kept: Labels
    stays: Labels | None
    """Why it is not erased; None for data that is."""
    columns: tuple[str, ...]
    """`table.column`, with `*` for every table or for the beginning of a column's name."""
    elsewhere: Labels | None
    erasers: tuple[str, ...]
    """Functions that erase it, by module, class and name."""

    @property
    def is_erased(self) -> bool:
        """Whether something erases it when its time is over."""
        return bool(self.erasers)

    def describe_kept(self, language: Language, retention: Retention) -> str:
        """How long it is kept, with the days of the settings."""
        days = {name: getattr(retention, name) for name in Retention.__slots__}
        return self.kept[language].format(**days)


@cache
def load_personal_data() -> Mapping[str, PersonalDatum]:
    """All kinds of personal data by name."""
    table = _read_table("personal_data.toml")
    return {
        name: _read_datum(name, row, table["whose"], table["grounds"])
        for name, row in table["data"].items()
    }


@cache
def load_impersonal_columns() -> frozenset[str]:
    """The columns that name nobody, as `table.column`."""
    table = _read_table("impersonal_columns.toml")
    return frozenset(f"{name}.{column}" for name, row in table.items() for column in row.split())


def find_datum(column: str) -> PersonalDatum | None:
    """The kind of personal data that a `table.column` holds; None for none."""
    for datum in load_personal_data().values():
        if any(fnmatchcase(column, pattern) for pattern in datum.columns):
            return datum
    return None


def render_personal_data(language: Language, retention: Retention) -> str:
    """The table as Markdown, for docs/privacy.md."""
    heads = _HEADS[language]
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    for datum in load_personal_data().values():
        where = ", ".join(f"`{column}`" for column in datum.columns)
        cells = [
            datum.title[language],
            datum.whose[language],
            where or (datum.elsewhere or {}).get(language, ""),
            datum.why[language],
            datum.ground[language],
            datum.describe_kept(language, retention),
            datum.stays[language]
            if datum.stays
            else ", ".join(f"`{'.'.join(one.rsplit('.', 2)[-2:])}`" for one in datum.erasers),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


_HEADS: Final[Mapping[Language, tuple[str, ...]]] = {
    "vi": (
        "dữ liệu",
        "của ai",
        "ở đâu",
        "để làm gì",
        "căn cứ",
        "giữ bao lâu",
        "xóa bởi, hoặc vì sao giữ",
    ),
    "en": ("data", "whose", "where", "what for", "ground", "kept", "erased by, or why it stays"),
    "zh": ("数据", "主体", "位置", "用途", "依据", "保留期限", "清除方式或保留原因"),
}


def _read_table(name: str) -> dict[str, Any]:
    return tomllib.loads(_FOLDER.joinpath(name).read_text(encoding="utf-8"))


def _read_datum(
    name: str, row: Mapping[str, Any], whose: Mapping[str, Labels], grounds: Mapping[str, Labels]
) -> PersonalDatum:
    columns, erasers = tuple(row.get("columns", ())), tuple(row.get("erasers", ()))
    if bool(erasers) == ("stays" in row) or bool(columns) == ("elsewhere" in row):
        raise ValueError(f"{name}: is erased or stays, and is in columns or elsewhere")
    labels = [row["title"], row["why"], row["kept"], row.get("stays", row["kept"])]
    if any(set(each) != set(LANGUAGES) for each in labels):
        raise ValueError(f"{name}: a text lacks a language")
    return PersonalDatum(
        name=name,
        title=row["title"],
        whose=whose[row["whose"]],
        ground=grounds[row["ground"]],
        why=row["why"],
        kept=row["kept"],
        stays=row.get("stays"),
        columns=columns,
        elsewhere=row.get("elsewhere"),
        erasers=erasers,
    )
