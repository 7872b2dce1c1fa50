"""Flaws of a form: what is wrong with each of its fields, as the key of a text and its values.

All errors of pydantic become flaws at once; a refusal of a use case becomes the flaw of the field
that it is about. A page says them beside their fields, in the reader's language.

>>> from typing import Literal
>>> from pydantic import BaseModel
>>> class Order(BaseModel):
...     count: int
...     grade: Literal["sealed", "signed"]
>>> try:
...     Order.model_validate({"count": "many"})
... except ValidationError as error:
...     print([(flaw.field, flaw.text) for flaw in list_flaws(Order, error)])
[('count', 'flaw.number'), ('grade', 'flaw.choose')]
"""

import dataclasses
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Literal, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from stamps.errors import VeritemError
from web.errors import MalformedBody
from web.validation import to_malformed_body

_TICKED: Final = Literal["yes"]
_TEXTS: Final[Mapping[str, str]] = {
    "literal_error": "flaw.choose",
    "enum": "flaw.choose",
    "int_parsing": "flaw.number",
    "int_type": "flaw.number",
    "int_from_float": "flaw.number",
    "extra_forbidden": "flaw.no_field",
}
"""Texts by the type of pydantic's error."""
_BOUNDS: Final[Mapping[str, tuple[str, str]]] = {
    "string_too_long": ("max_length", "flaw.too_long"),
    "string_too_short": ("min_length", "flaw.too_short"),
    "less_than_equal": ("le", "refusal.most"),
    "greater_than_equal": ("ge", "refusal.least"),
}
"""The bound in the context of pydantic's error, and the text that names it."""
_BOUND_NAMES: Final = {"refusal.most": "most", "refusal.least": "least"}

_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "malformed-range": ("first", "last", "range", "q"),
    "span-out-of-range": ("last", "range", "q"),
    "malformed-code": ("q", "code", "first", "last"),
    "two-batches": ("last",),
    "unread-lines": ("scan", "table"),
    "label-missing": ("scan",),
    "contents-missing": ("scan",),
    "unknown-lot": ("lot",),
    "lot-incomplete": ("lot",),
    "record-unpublished": ("lot",),
    "lot-recalled": ("lot",),
    "lot-product-mismatch": ("lot",),
    "lot-owner-mismatch": ("lot",),
    "lot-required": ("lot",),
    "lot-code-taken": ("code",),
    "lot-reason-required": ("reason",),
    "illegal-reason": ("reason",),
    "illegal-alert-decision": ("cause",),
    "packed-in-future": ("packed",),
    "packed-elsewhere": ("packing_house",),
    "foreign-place": ("growing_area", "packing_house"),
    "unknown-batch": ("batch",),
    "weak-password": ("new", "password"),
    "wrong-credentials": ("old", "password"),
    "token-lifetime": ("days",),
    "wrong-setup-code": ("code",),
    "unknown-invitation": ("invitation", "code"),
    "wrong-enrolment-code": ("code",),
    "proof-unreadable": ("proof",),
    "pins-need-encryption": ("print_house",),
    "excess-reason-required": ("excess_reason",),
    "order-above-limits": ("reason",),
    "no-trade-item": ("gs1",),
    "code-exists": ("code",),
    "code-revoked": ("growing_area", "packing_house", "lot"),
    "code-suspended": ("growing_area", "packing_house", "lot"),
    "code-out-of-date": ("growing_area", "packing_house", "lot"),
    "code-not-registered": ("growing_area", "packing_house", "lot"),
    "code-like-another": ("growing_area", "packing_house", "lot"),
}
"""Refusals that are about one field: the fields that it may be, the likeliest first."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """A flaw of one field of a form."""

    field: str
    text: str
    """The key of the text that says what to do."""
    values: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """Values that fill the text."""


class InvalidForm(MalformedBody):
    """Fields of a form are missing or have values that are not accepted; `flaws` names all."""

    def __init__(self, flaws: Collection[Flaw], **evidence: Any) -> None:
        super().__init__(**evidence)
        self.flaws = tuple(flaws)


def make_invalid_form(model: type[BaseModel], error: ValidationError) -> InvalidForm:
    """The refusal of a form that is not what its model takes."""
    return InvalidForm(list_flaws(model, error), **to_malformed_body(error).evidence)


def list_flaws(model: type[BaseModel], error: ValidationError) -> list[Flaw]:
    """All flaws of a form that is not what its model takes, in the order of the model."""
    order = {name: at for at, name in enumerate(model.model_fields)}
    flaws = [_make_flaw(model, one) for one in error.errors(include_url=False)]
    return sorted(flaws, key=lambda flaw: order.get(flaw.field, len(order)))


def find_flaws(refusal: VeritemError, fields: Mapping[str, str]) -> tuple[Flaw, ...]:
    """The flaws that a refusal finds in the fields of a form; none where it is about no field."""
    if isinstance(refusal, InvalidForm):
        return refusal.flaws
    evidence = refusal.evidence
    several = evidence.get("flaws") or (evidence,)
    if named := tuple(flaw for one in several if (flaw := _find_named(one, fields))):
        return named
    likely = [name for name in _FIELDS.get(refusal.code, ()) if name in fields]
    if not likely:
        return ()
    typed = evidence.get("text") or evidence.get("place")
    at = next((name for name in likely if typed and fields[name] == typed), likely[0])
    found = _find_text(evidence)
    text, values = found or (f"problem.{refusal.code}", evidence)
    return (Flaw(at, text, values),)


def _find_named(evidence: Mapping[str, Any], fields: Mapping[str, str]) -> Flaw | None:
    """The flaw of the field that evidence names; None where the form has no such field."""
    name = str(evidence.get("field", "")).partition(".")[0]
    if name not in fields:
        return None
    found = _find_text(evidence)
    text, values = found or ("flaw.not_accepted", {"why": str(evidence.get("why", ""))})
    return Flaw(name, text, values)


def _make_flaw(model: type[BaseModel], error: ErrorDetails) -> Flaw:
    name = str(error["loc"][0]) if error["loc"] else ""
    kind, context = error["type"], error.get("ctx", {})
    cause = context.get("error")
    if isinstance(cause, VeritemError) and (found := _find_text(cause.evidence)):
        return Flaw(name, *found)
    if kind == "missing":
        return Flaw(name, _ask_for(model, name))
    if kind in _BOUNDS:
        bound, text = _BOUNDS[kind]
        return Flaw(name, text, {_BOUND_NAMES.get(text, "count"): context[bound]})
    if kind in _TEXTS:
        return Flaw(name, _TEXTS[kind])
    if kind.startswith("flaw."):  # a validator of ours names the text
        return Flaw(name, kind)
    return Flaw(name, "flaw.not_accepted", {"why": error["msg"]})


def _ask_for(model: type[BaseModel], name: str) -> str:
    """The text that asks for a field that is missing."""
    declared = model.model_fields.get(name)
    kind: Any = declared.annotation if declared else None
    if kind == _TICKED:
        return "flaw.tick"
    is_choice = get_origin(kind) is Literal or (isinstance(kind, type) and issubclass(kind, Enum))
    return "flaw.choose" if is_choice else "flaw.missing"


def _find_text(evidence: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """The text and its values for evidence that says what to write instead; else None."""
    if both := evidence.get("readings"):
        one, other = both
        text = str(evidence.get("text", ""))
        return "refusal.readings", {"text": text, "one": str(one), "other": str(other)}
    if kind := evidence.get("expected"):
        return f"flaw.{kind}", {}
    if evidence.get("character"):
        return "flaw.control", {}
    for bound in ("most", "least"):
        if isinstance(limit := evidence.get(bound), int):
            return f"refusal.{bound}", {bound: limit}
    return None
