"""The code lists that parties share: one table of them, each with where it comes from and its rows.

A list is read from the table of the code that the service itself works with, so it cannot differ
from it. Labels that are texts of the desk are looked up by their key, which the caller hands in.

>>> [one.name for one in CODE_LISTS.values()][:3]
['produce_kinds', 'lot_items', 'diary_kinds']
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ledger import ALERT_CAUSES, CODE_CAUSES, REPORT_KINDS
from ledger.trade_kinds import TRADE_KINDS
from stamps.lifecycle import REASONS
from traceability.administrative_units import load_administrative_units
from traceability.code_forms import load_code_forms
from traceability.diary.entry_kinds import load_entry_kinds
from traceability.epcis.vocabulary import (
    BUSINESS_STEPS,
    CBV,
    DISPOSITIONS,
    ERROR_REASONS,
    PARTY_TYPES,
    TRANSACTION_TYPES,
)
from traceability.links.link_types import VOCABULARY, load_link_types
from traceability.lot_profiles import load_profiles
from web.i18n import LANGUAGES, Language

Labels = Mapping[Language, str]
FindLabels = Callable[[str], Labels]
"""Finds a text of the desk in each language by its key."""
Cell = str
Row = Mapping[str, Cell]
"""An entry by column; `code` is unique in its list."""

CODE: Final = "code"
NAMES: Final[tuple[str, ...]] = tuple(LANGUAGES)
"""Columns of the names, one for each language."""
OWN: Final = "Veritem"
_OWN_LICENCE: Final = "https://creativecommons.org/publicdomain/zero/1.0/"
_MIT: Final = "https://opensource.org/license/mit"
_GS1: Final = "https://www.gs1.org/standards"


@dataclass(frozen=True, slots=True)
class CodeList:
    """One list of shared codes."""

    name: str
    title: Labels
    authority: str
    """Who decides what is in it."""
    source: str | None
    """Address or name of the document that it follows."""
    licence: str
    columns: tuple[str, ...]
    """Its columns beside code and names."""
    list_rows: Callable[[FindLabels], Iterator[Row]]

    @property
    def all_columns(self) -> tuple[str, ...]:
        """All columns in their order."""
        return (CODE, *NAMES, *self.columns)

    def read_rows(self, find_labels: FindLabels) -> Sequence[Row]:
        """All entries, in their order."""
        return tuple(self.list_rows(find_labels))


def _make_row(code: str, labels: Labels, **more: str) -> Row:
    return {CODE: code, **{language: labels[language] for language in LANGUAGES}, **more}


def _list_produce_kinds(_: FindLabels) -> Iterator[Row]:
    for profile in load_profiles().values():
        yield _make_row(profile.kind, profile.name, codes=" ".join(profile.code_kinds))


def _list_lot_items(_: FindLabels) -> Iterator[Row]:
    for profile in load_profiles().values():
        for item in profile.items:
            yield _make_row(
                f"{profile.kind}.{item.name}",
                item.label,
                kind=profile.kind,
                mandatory="yes" if item.is_mandatory else "no",
                rules=" ".join(item.sources),
            )


def _list_diary_kinds(_: FindLabels) -> Iterator[Row]:
    for kind in load_entry_kinds().values():
        yield _make_row(kind.kind, kind.name, event=kind.event.type, step=kind.event.step)


def _list_diary_choices(_: FindLabels) -> Iterator[Row]:
    for kind in load_entry_kinds().values():
        for field in kind.fields:
            for choice, labels in field.choices.items():
                yield _make_row(
                    f"{kind.kind}.{field.name}.{choice}", labels, kind=kind.kind, field=field.name
                )


def _list_units(_: FindLabels) -> Iterator[Row]:
    found: dict[str, Labels] = {}
    for kind in load_entry_kinds().values():
        for field in kind.fields:
            if field.name == "unit":
                found |= field.choices
    for code, labels in sorted(found.items()):
        yield _make_row(code, labels)


def _list_provinces(_: FindLabels) -> Iterator[Row]:
    for province in load_administrative_units().provinces.values():
        yield _make_row(province.code, {one: province.name(one) for one in LANGUAGES})


def _list_wards(_: FindLabels) -> Iterator[Row]:
    for ward in load_administrative_units().wards.values():
        labels = {one: ward.name(one) for one in LANGUAGES}
        yield _make_row(ward.code, labels, province=ward.province)


def _list_code_forms(find_labels: FindLabels) -> Iterator[Row]:
    for n, form in enumerate(load_code_forms(), 1):
        yield _make_row(
            f"{form.kind}.{n}",
            find_labels(f"places.{form.kind}"),
            country=form.country or "",
            authority=form.authority,
            pattern=form.pattern.pattern,
            example=form.example,
        )


def _list_stamp_reasons(find_labels: FindLabels) -> Iterator[Row]:
    for transition, reasons in REASONS.items():
        for reason in reasons:
            yield _make_row(
                f"{transition}.{reason}", find_labels(f"why.{reason}"), transition=str(transition)
            )


def _list_case_causes(find_labels: FindLabels) -> Iterator[Row]:
    for subject, causes in (("stamp", ALERT_CAUSES), ("registered_code", CODE_CAUSES)):
        for state, allowed in causes.items():
            for cause in allowed:
                yield _make_row(
                    f"{subject}.{state}.{cause}",
                    find_labels(f"cause.{cause}"),
                    subject=subject,
                    decision=str(state),
                )


def _list_report_kinds(find_labels: FindLabels) -> Iterator[Row]:
    for kind in REPORT_KINDS:
        yield _make_row(kind, find_labels(f"report_kind.{kind}"))


def _list_trade_kinds(find_labels: FindLabels) -> Iterator[Row]:
    for kind in ("packer", *TRADE_KINDS):
        yield _make_row(kind, find_labels(f"role.{kind}"))


def _list_link_types(_: FindLabels) -> Iterator[Row]:
    for name, labels in load_link_types().items():
        yield _make_row(name, labels, uri=f"{VOCABULARY}{name}")


def _list_epcis_words(_: FindLabels) -> Iterator[Row]:
    for words in (BUSINESS_STEPS, DISPOSITIONS, TRANSACTION_TYPES, PARTY_TYPES, ERROR_REASONS):
        for word in sorted(words.words):
            yield _make_row(
                f"{words.term}-{word}",
                dict.fromkeys(LANGUAGES, word.replace("_", " ")),
                vocabulary=words.term,
                uri=f"{CBV}{words.term}-{word}",
            )


CODE_LISTS: Final[Mapping[str, CodeList]] = {
    one.name: one
    for one in (
        CodeList(
            "produce_kinds",
            {"vi": "Loại nông sản", "en": "Kinds of produce", "zh": "农产品类别"},
            OWN,
            None,
            _OWN_LICENCE,
            ("codes",),
            _list_produce_kinds,
        ),
        CodeList(
            "lot_items",
            {"vi": "Thông tin của lô hàng", "en": "Items of a lot", "zh": "产品批次信息项"},
            "Bộ Khoa học và Công nghệ; Bộ Nông nghiệp và Môi trường",
            "Thông tư 02/2024/TT-BKHCN; Nghị định 37/2026/NĐ-CP",
            _OWN_LICENCE,
            ("kind", "mandatory", "rules"),
            _list_lot_items,
        ),
        CodeList(
            "diary_kinds",
            {"vi": "Loại nhật ký", "en": "Kinds of diary entries", "zh": "日志类别"},
            OWN,
            "GS1 EPCIS 2.0",
            _OWN_LICENCE,
            ("event", "step"),
            _list_diary_kinds,
        ),
        CodeList(
            "diary_choices",
            {"vi": "Lựa chọn trong nhật ký", "en": "Choices in the diary", "zh": "日志选项"},
            OWN,
            None,
            _OWN_LICENCE,
            ("kind", "field"),
            _list_diary_choices,
        ),
        CodeList(
            "units",
            {"vi": "Đơn vị tính", "en": "Units of measure", "zh": "计量单位"},
            "UN/CEFACT",
            "https://unece.org/trade/uncefact/cl-recommendations",
            _OWN_LICENCE,
            (),
            _list_units,
        ),
        CodeList(
            "provinces",
            {"vi": "Tỉnh, thành phố", "en": "Provinces", "zh": "省市"},
            "Cục Thống kê",
            "Quyết định 19/2025/QĐ-TTg",
            _MIT,
            (),
            _list_provinces,
        ),
        CodeList(
            "wards",
            {"vi": "Xã, phường, đặc khu", "en": "Wards", "zh": "乡坊"},
            "Cục Thống kê",
            "Quyết định 19/2025/QĐ-TTg",
            _MIT,
            ("province",),
            _list_wards,
        ),
        CodeList(
            "code_forms",
            {"vi": "Dạng mã số đăng ký", "en": "Forms of registered codes", "zh": "登记编码格式"},
            "Bộ Nông nghiệp và Môi trường",
            None,
            _OWN_LICENCE,
            ("country", "authority", "pattern", "example"),
            _list_code_forms,
        ),
        CodeList(
            "trade_kinds",
            {"vi": "Tác nhân trong chuỗi", "en": "Actors of the trade", "zh": "供应链主体"},
            OWN,
            None,
            _OWN_LICENCE,
            (),
            _list_trade_kinds,
        ),
        CodeList(
            "stamp_reasons",
            {
                "vi": "Lý do chuyển trạng thái tem",
                "en": "Reasons of stamp transitions",
                "zh": "标签状态变更原因",
            },
            OWN,
            None,
            _OWN_LICENCE,
            ("transition",),
            _list_stamp_reasons,
        ),
        CodeList(
            "case_causes",
            {"vi": "Kết luận vụ việc", "en": "Causes of decisions on cases", "zh": "案件结论"},
            OWN,
            None,
            _OWN_LICENCE,
            ("subject", "decision"),
            _list_case_causes,
        ),
        CodeList(
            "report_kinds",
            {"vi": "Loại phản ánh", "en": "Kinds of consumers' reports", "zh": "反映类别"},
            OWN,
            None,
            _OWN_LICENCE,
            (),
            _list_report_kinds,
        ),
        CodeList(
            "link_types",
            {"vi": "Loại liên kết GS1", "en": "GS1 link types", "zh": "GS1 链接类型"},
            "GS1",
            VOCABULARY,
            _GS1,
            ("uri",),
            _list_link_types,
        ),
        CodeList(
            "epcis_words",
            {"vi": "Từ vựng EPCIS", "en": "Words of EPCIS events", "zh": "EPCIS 词汇"},
            "GS1",
            CBV,
            _GS1,
            ("vocabulary", "uri"),
            _list_epcis_words,
        ),
    )
}
"""All lists that the code has, by name."""
