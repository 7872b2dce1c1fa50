"""Validation errors of pydantic as the field at fault and the reason, for a refusal.

>>> from pydantic import BaseModel
>>> class Order(BaseModel):
...     stamps: list[int]
>>> try:
...     Order.model_validate({"stamps": [1, "many"]})
... except ValidationError as error:
...     print(describe_error(error))
FieldError(path=('stamps', 1), reason='must be a whole number', rule='int_parsing', values={})
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from stamps.errors import VeritemError
from web.errors import MalformedBody

_REASONS: Final = {
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "dict_type": "must be a JSON object",
    "enum": "must be one of {expected}",
    "extra_forbidden": "is not a field here",
    "finite_number": "must be a finite number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "json_invalid": "is not JSON: {error}",
    "list_type": "must be a list",
    "missing": "is missing",
    "model_type": "must be a JSON object",
    "string_pattern_mismatch": "has not the form {pattern}",
    "string_type": "must be a text",
    "tuple_type": "must be a list",
    "value_error": "{error}",
}
"""Reasons by the type of pydantic's error, filled with its context; others keep its message."""
_BOUNDS: Final[tuple[str, ...]] = ("ge", "le", "gt", "max_length", "expected")
"""Values of the texts of pydantic's rules."""
_SHOULD: Final = re.compile(r"^\w+ should")


class RefusedValue(ValueError):
    """A value that a rule refuses; `rule` names it, and `values` fill a text of it."""

    def __init__(self, why: str, rule: str, /, **values: object) -> None:
        super().__init__(why)
        self.rule = rule
        self.values = values


class FieldError(NamedTuple):
    """An error of a validation: the field at fault and what is wrong with it."""

    path: tuple[str | int, ...]
    """Names and list positions from the root; empty for the whole value."""
    reason: str
    """The reason, to follow the field's name."""
    rule: str = "value_error"
    """The rule that the value violates: that of a `RefusedValue`, else pydantic's type."""
    values: Mapping[str, Any] = MappingProxyType({})
    """Values of the text of the rule."""

    def name_field(self, root: str) -> str:
        """The path as text (`stages[0].place`); `root` for the whole value.

        >>> FieldError(("stages", 0, "place"), "is missing").name_field("document")
        'stages[0].place'
        """
        parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.path)
        return "".join(parts).removeprefix(".") or root


def describe_error(
    error: ValidationError, reasons: Mapping[str, str] = MappingProxyType({})
) -> FieldError:
    """The first error of a validation; `reasons` by error type precede the usual ones."""
    return describe_errors(error, reasons)[0]


def describe_errors(
    error: ValidationError, reasons: Mapping[str, str] = MappingProxyType({})
) -> list[FieldError]:
    """All errors of a validation, in the order of the fields."""
    found = []
    for one in error.errors(include_url=False, include_input=False):
        template = reasons.get(one["type"]) or _REASONS.get(one["type"])
        context = one.get("ctx", {})
        if template is None:
            reason = _SHOULD.sub("must", one["msg"])
        else:
            reason = template.format_map(context)
        cause = context.get("error")
        if isinstance(cause, RefusedValue):
            found.append(FieldError(one["loc"], reason, cause.rule, cause.values))
        else:
            bounds = {name: context[name] for name in _BOUNDS if name in context}
            found.append(FieldError(one["loc"], reason, one["type"], bounds))
    return found


def to_malformed_body(error: ValidationError) -> MalformedBody:
    """The refusal of a body, a form or a query that failed validation.

    Where a value can be read in two ways, it carries both as `readings`; `expected` says what kind
    of value belongs there, `text` what was typed.
    """
    flaw = describe_error(error)
    cause = error.errors(include_url=False, include_input=False)[0].get("ctx", {}).get("error")
    evidence = {}
    if isinstance(cause, VeritemError):
        carried = ("readings", "expected", "text")
        evidence = {name: cause.evidence[name] for name in carried if name in cause.evidence}
    return MalformedBody(field=flaw.name_field("body"), why=flaw.reason, **evidence)
