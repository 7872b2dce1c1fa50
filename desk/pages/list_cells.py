"""Cells of lists as people read them, on pages and in exports."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from desk.pages.entry_texts import summarise_entry
from desk.pages.problem_texts import translate_slug
from desk.pages.scan_trail import describe_reason
from ledger import CODE_ALERTS
from ledger.orders.order_numbers import OrderNumber
from ledger.storage.slug_list import split_slugs
from services.lists.description import NAME_KINDS, ListColumn, Names, Row
from stamps import serial_range
from stamps.vietnam_time import VIETNAM_TIME
from traceability.administrative_units import load_administrative_units
from traceability.carton_label import format_label
from web.i18n import (
    Language,
    Texts,
    format_day,
    format_iso_day,
    format_moment,
    format_number,
)

Value = str | int | datetime | None
"""A cell of an export."""

_SHOWN_REASONS: Final = 2


def choose_name(names: Mapping[str, str] | None, language: Language, id_: str) -> str:
    """A name in a language, else in Vietnamese, else the id."""
    known = names or {}
    return known.get(language) or known.get("vi") or id_


def name_order(row: Row, texts: Texts) -> str:
    """An order as people call it: `Đơn 2026-00017`."""
    number = None if row["serial"] is None else OrderNumber(row["year"], row["serial"])
    return name_order_number(number, str(row.get("order") or row["id"]), texts)


def name_order_number(number: OrderNumber | None, id_: str, texts: Texts) -> str:
    """An order by its number; by its id where it has none."""
    return id_ if number is None else texts("list.order", number=str(number))


def name_alert(row: Row, texts: Texts) -> str:
    """Name the subject of an alert."""
    if row["kind"] == "stamp":
        stamp = serial_range.format_serial_range(row["batch"], row["idx"], row["idx"] + 1)
        return texts("alerts.stamp", range=stamp)
    if row["kind"] == "batch":
        return texts("alerts.batch", batch=row["batch"])
    if row["kind"] in CODE_ALERTS:
        return texts(f"alerts.{row['kind']}", code=row["subject"])
    return texts.plural("alerts.campaign", row["stamps"])


def name_reports(typed: str | None, batch: int, index: int, texts: Texts) -> str:
    """Name the subject of a group of reports."""
    if typed is not None:
        return texts("reports.unknown", code=typed)
    stamp = serial_range.format_serial_range(batch, index, index + 1)
    return texts("alerts.stamp", range=stamp)


def name_finding(row: Row, texts: Texts) -> str:
    """Name the subject of a finding: the stamp, else the foreign host, else what was typed."""
    if row["batch"] is not None:
        stamp = serial_range.format_serial_range(row["batch"], row["idx"], row["idx"] + 1)
        return texts("alerts.stamp", range=stamp)
    if row["host"] is not None:
        return texts("field.address", host=row["host"])
    return texts("reports.unknown", code=row["typed"][:40])


def name_hearing(
    batch: int | None, lo: int | None, hi: int | None, lot: str | None, texts: Texts
) -> str:
    """What a party is heard about: stamps of a hundred and their lot, of a batch, or of several."""
    if batch is None:
        return texts("hearings.of_batches")
    if lo is None or hi is None:
        return texts("hearings.of_batch", batch=batch)
    stamps = serial_range.format_serial_range(batch, lo, hi)
    if lot is None:
        return texts("hearings.of_stamps", range=stamps)
    return texts("hearings.of_lot", range=stamps, lot=lot)


def name_proposal(kind: str, subject: str, names: Mapping[str, str] | None, texts: Texts) -> str:
    """Describe what a proposal asks for; `names` are those of its subject."""
    key, (about, _, id_) = f"proposals.{kind.replace('.', '-')}", subject.partition(":")
    if about == "batch":
        named = texts("batches.one", number=id_)
    elif about == "carton":
        named = texts("cartons.named", label=format_label(id_.partition("@")[0]))
    else:
        named = choose_name(names, texts.language, id_)
    return texts(key, subject=named) if texts.has(key) else f"{kind} {named}"


def name_subject(subject: str, names: Mapping[str, str] | None, texts: Texts) -> str:
    """Name the subject of an entry of the audit log: `person Nguyễn Thị Mai`."""
    table, _, key = subject.partition(":")
    kind = translate_slug(texts, "subject", table)
    return f"{kind} {choose_name(names, texts.language, key)}".strip()


_SUBJECT_PATHS: Final[Mapping[str, str]] = {
    "staff": "/staff/",
    "account": "/staff/",
    "organisations": "/organisations/",
    "places": "/places/",
    "registered_codes": "/codes/",
}
"""Pages of subjects that whoever reads the audit log may open."""


def link_subject(subject: str) -> str | None:
    """The address of the page of what an entry is about; None where there is none."""
    table, _, key = subject.partition(":")
    path = _SUBJECT_PATHS.get(table)
    return None if path is None else path + quote(key, safe="")


_NAMED: Final[Mapping[str, Callable[[Row, Texts], str]]] = {
    "order": name_order,
    "batch": lambda row, texts: texts("batches.one", number=row["id"]),
    "lot": lambda row, _: str(row["id"]),
    "alert": name_alert,
    "proposal": lambda row, texts: name_proposal(
        row["kind"], row["subject"], row["subject_names"], texts
    ),
    "code": lambda row, _: str(row["id"]),
    "name": lambda row, _: str(row["name"]),
    "subject": lambda row, texts: name_subject(row["subject"], row["subject_names"], texts),
    "finding": lambda row, texts: name_finding(row, texts),
    "carton": lambda row, _: format_label(row["label"]),
    "hearing": lambda row, texts: name_hearing(
        row["batch"], row["lo"], row["hi"], row["lot"], texts
    ),
    "entry": lambda row, texts: translate_slug(texts, "entry_kind", row["kind"]),
    "told": lambda row, texts: summarise_entry(row["entry"].entry, texts) if row["entry"] else "",
    "reports": lambda row, texts: name_reports(row["typed"], row["batch"], row["idx"], texts),
}
"""Columns that name the row itself."""


def format_cell(row: Row, column: ListColumn, names: Names, texts: Texts) -> str:
    """The text of a cell; empty where there is nothing."""
    value, language = row.get(column.name), texts.language
    if column.kind in _NAMED:
        return _NAMED[column.kind](row, texts)
    if value is None:
        return ""
    if column.kind in NAME_KINDS:
        named = names[NAME_KINDS[column.kind]].get(value) or row.get(f"{column.name}_name")
        return choose_name(named, language, value)
    match column.kind:
        case "count":
            return format_number(round(value), language)
        case "moment":
            return format_moment(value, language)
        case "day":
            return format_day(value, language)
        case "slug":
            return translate_slug(texts, column.family, value)
        case "reasons":
            reasons = split_slugs(value)[:_SHOWN_REASONS]
            return " · ".join(describe_reason(slug, texts) for slug in reasons)
        case "date":
            return format_iso_day(value, language)
        case "province":
            return load_administrative_units().name(value, language, short=True)
        case "yes":
            return texts("list.yes" if value else "list.no")
    return str(value)


def export_cell(row: Row, column: ListColumn, names: Names, texts: Texts) -> Value:
    """A cell of an export: numbers as numbers, times as times of Vietnam."""
    value: Any = row.get(column.name)
    if column.kind == "count":
        return None if value is None else round(value)
    if column.kind in ("moment", "day"):
        if value is None:
            return None
        return datetime.fromtimestamp(value / 1000, VIETNAM_TIME).replace(tzinfo=None)
    if column.kind == "reasons":
        return " · ".join(describe_reason(slug, texts) for slug in split_slugs(value or ""))
    return format_cell(row, column, names, texts)


_PATHS: Final = {
    "orders": "/orders/",
    "batches": "/batches/",
    "lots": "/lots/",
    "alerts": "/alerts/",
    "proposals": "/proposals/",
    "codes": "/codes/",
    "staff": "/staff/",
    "organisations": "/organisations/",
    "places": "/places/",
    "audit": "/audit/",
    "reports": "/reports/",
    "tokens": "/tokens/",
    "sessions": "/sessions/",
    "findings": "/field/findings/",
    "hearings": "/hearings/",
    "reviews": "/reviews/",
    "diary": "/diary/",
    "cartons": "/cartons/",
    "actor_invitations": "/actor-invitations/",
}


def link_row(list_name: str, row: Row) -> str:
    """The address of the row's page."""
    return _PATHS[list_name] + quote(str(row["id"]), safe="")
