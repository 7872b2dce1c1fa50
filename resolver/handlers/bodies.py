"""The bodies of the public POSTs as pydantic models, from JSON or from an HTML form.

Models are strict and bounded, and refuse fields that they do not have.

>>> ScanBody.model_validate_json('{"code": "X", "place": {"province": "79"}}').place.province
'79'
"""

from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from ledger import ReportKind
from resolver.http.negotiation import is_form
from resolver.http.request import Request
from traceability.stamp_reader import LONGEST_TEXT
from web.control_characters import check_json
from web.request_parsing import check_origin, parse_form
from web.text_files import convert_to_utf8
from web.validation import to_malformed_body

BODY_LIMIT = 16_384
"""Bytes of a body: a note of 1,000 letters takes 9,000 in a form, and 12,000 of four-byte ones."""

_FORM_FIELDS = 16

CodeText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_TEXT)
]
"""A code, or whatever of a stamp's address or symbol the client has."""
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class _PublicBody(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


Signature = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
"""The signature that the page was opened with, as its forms send it."""


class GivenPlace(_PublicBody):
    """Place that the client states: degrees, or a province."""

    lat: Annotated[float, Field(ge=-90, le=90)] | None = None
    lon: Annotated[float, Field(ge=-180, le=180)] | None = None
    accuracy_m: Annotated[float, Field(ge=0, le=1e7)] = 100.0
    province: Annotated[str, StringConstraints(max_length=2)] | None = None


class ScanBody(_PublicBody):
    """`POST /v1/scans`. Pages send `token`, apps `device`; a form has `province` for the place."""

    code: CodeText
    token: Text | None = None
    device: Annotated[str, StringConstraints(max_length=64)] = ""
    place: GivenPlace | None = None
    province: Annotated[str, StringConstraints(max_length=2)] = ""
    signature: Signature = ""


class ClaimBody(_PublicBody):
    """`POST /v1/claims`."""

    code: CodeText
    pin: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20)]
    signature: Signature = ""


class ReportBody(_PublicBody):
    """`POST /v1/reports`. `token` is the token of the page that it is about."""

    code: CodeText
    token: Text
    note: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
    kind: ReportKind = "other"
    contact: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] = ""
    signature: Signature = ""


Body = TypeVar("Body", bound=_PublicBody)


def parse_body(request: Request, model: type[Body]) -> Body:
    """The body of a request.

    Raises `CrossSite`, `ControlCharacter` and `MalformedBody`.
    """
    headers = request.headers
    # Behind a proxy Host may be another name than the page's, so Origin says nothing here.
    check_origin(headers.get("sec-fetch-site"), None, ())
    try:
        if is_form(request):
            return parse_fields(parse_form(request.body, _FORM_FIELDS), model)
        body = convert_to_utf8(request.body)
        check_json(body)
        return model.model_validate_json(body)
    except ValidationError as error:
        raise to_malformed_body(error) from None


def parse_fields(fields: dict[str, str], model: type[Body]) -> Body:
    """The body in the fields of a form. Raises `MalformedBody`."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        raise to_malformed_body(error) from None
