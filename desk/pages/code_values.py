"""Values of registered codes as people read them: names in place of ids, days, lists."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from babel.numbers import format_decimal

from desk.pages.call import PageCall
from desk.pages.orders import product_name
from ledger import RegisteredCode
from ledger.codes.registered_code import DESCRIPTION
from services.organisations import registry
from traceability.administrative_units import load_administrative_units
from web.i18n import LOCALES, Texts, format_iso_day, join_words

_UNITS: Final = {"hectares": "ha", "yield_t_per_ha": "t/ha"}
_SHOWN: Final = tuple(name for name in DESCRIPTION if name != "household_agreed")


@dataclass(frozen=True, slots=True)
class CodeNames:
    """Names of ids, in the language of a page."""

    texts: Texts
    organisations: Mapping[str, str]
    products: Mapping[str, str]


async def load_code_names(call: PageCall, rows: Iterable[RegisteredCode]) -> CodeNames:
    """The names of what these codes refer to, and of all products."""
    wanted = {row.organisation for row in rows}
    organisations = await registry.list_organisations(call.context)
    products = await registry.list_products(call.context)
    return CodeNames(
        call.texts,
        {one.id: one.name for one in organisations if one.id in wanted},
        {one.id: product_name(one, call.language) for one in products},
    )


def describe_field(name: str, value: Any, names: CodeNames) -> str:
    """The value of a field; a dash for none."""
    texts, language = names.texts, names.texts.language
    if value in (None, "", []):
        return "–"
    if isinstance(value, bool):
        return texts("codes.yes" if value else "codes.no")
    if isinstance(value, list):
        known = names.products if name == "products" else LOCALES[language].territories
        return join_words([known.get(one, one) for one in value], language)
    if name in ("kind", "status"):
        return texts(f"codes.{value}")
    if name == "organisation":
        return names.organisations.get(value, value)
    if name in ("province", "ward"):
        return load_administrative_units().name(value, language)
    if name in ("valid_from", "valid_until"):
        return format_iso_day(value, language)
    if isinstance(value, int | float):
        unit = _UNITS.get(name)
        text = format_decimal(value, "#,##0.######", locale=LOCALES[language])
        return f"{text} {unit}" if unit else text
    return str(value)


def list_facts(row: RegisteredCode, names: CodeNames) -> list[tuple[str, str]]:
    """Label and value of each field that is known."""
    content = row.content
    return [
        (names.texts(f"codes.{name}"), describe_field(name, content[name], names))
        for name in _SHOWN
        if content[name] not in (None, "", [])
    ]
