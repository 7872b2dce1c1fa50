"""Details of a lot: the values that only its kind of produce has, checked by its profile.

>>> read_details(find_profile("aquaculture"), {"species": " Penaeus ", "feed": "CP 9004"})
{'species': 'Penaeus', 'feed': 'CP 9004'}
"""

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Annotated, Any, Final, Literal, NoReturn

from pydantic import Field, Strict, ValidationError, create_model
from pydantic_core import InitErrorDetails, PydanticCustomError

from traceability.code_record import Day
from traceability.document_fields import DocumentModel, Text
from traceability.lot_profiles import (
    DetailType,
    LotItem,
    LotProfile,
    find_profile,
    load_profiles,
    name_item,
)
from web.i18n import Language, format_iso_day, format_number
from web.validation import RefusedValue

LARGEST_COUNT: Final = 10**9

Details = Mapping[str, str | int]
"""Values by item: texts, days as ISO dates, whole numbers, choices by their name."""


def read_details(profile: LotProfile, values: object) -> dict[str, str | int]:
    """The details in canonical form.

    Raises:
        ValidationError: of pydantic, naming each item at fault.
    """
    return build_details_model(profile.kind).model_validate(values).to_document()


@cache
def build_details_model(kind: str) -> type[DocumentModel]:
    """The model of the details of a kind of produce."""
    fields: dict[str, Any] = {
        item.name: (_annotate(item) | None, None) for item in find_profile(kind).details
    }
    return create_model(f"{kind.title()}Details", __base__=DocumentModel, **fields)


def check_harvest(profile: LotProfile, details: Details, harvested_on: date) -> str | None:
    """The first detail whose day is after the harvest although it must end before."""
    return next(
        (
            item.name
            for item in profile.details
            if item.ends_before_harvest
            and item.name in details
            and date.fromisoformat(str(details[item.name])) > harvested_on
        ),
        None,
    )


def describe_details(
    profile: LotProfile, details: Details, language: Language
) -> list[tuple[str, str]]:
    """Label and value of each detail in a language, in the order of the profile."""
    return [
        (name_item(item, language), _describe_value(item, details[item.name], language))
        for item in profile.details
        if item.name in details
    ]


def _describe_value(item: LotItem, value: str | int, language: Language) -> str:
    match item.type:
        case DetailType.DAY:
            return format_iso_day(str(value), language)
        case DetailType.COUNT:
            return format_number(int(value), language)
        case DetailType.CHOICE if item.choices and value in item.choices:
            return item.choices[str(value)][language]
        case _:
            return str(value)


def refuse_detail(item: str, why: str, rule: str) -> NoReturn:
    """Refuse a detail. Raises `ValidationError` of pydantic that names it."""
    error = PydanticCustomError("value_error", "{error}", {"error": RefusedValue(why, rule)})
    raise ValidationError.from_exception_data(
        "details", [InitErrorDetails(type=error, loc=(item,), input=None)]
    )


def describe_schema() -> dict[str, Any]:
    """JSON schemas of the details, by kind of produce."""
    return {
        kind: build_details_model(kind).model_json_schema()
        for kind, profile in load_profiles().items()
        if profile.details
    }


def _annotate(item: LotItem) -> Any:
    match item.type:
        case DetailType.DAY:
            return Day
        case DetailType.COUNT:
            return Annotated[int, Strict(), Field(ge=0, le=LARGEST_COUNT)]
        case DetailType.CHOICE:
            return Literal[tuple(item.choices or ())]
        case _:
            return Text
