"""Problem documents of the standard: its exception for each refusal, with the evidence of ours."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from desk.epcis.call import HEADERS
from desk.problems import PROBLEMS
from desk.responses import json_response, log_server_error
from desk.texts import TEXTS
from stamps.errors import VeritemError
from web.i18n import negotiate_language
from web.problems import CONTENT_TYPE as PROBLEM

_OF_CODE: Final[Mapping[str, str]] = {
    "malformed-event": "ValidationException",
    "unclear-query": "QueryParameterException",
    "query-too-large": "QueryTooLargeException",
    "query-too-complex": "QueryTooComplexException",
    "body-too-large": "CaptureLimitExceededException",
    "captures-full": "CaptureLimitExceededException",
    "not-offered": "ImplementationException",
}
_OF_STATUS: Final[Mapping[int, str]] = {
    400: "ValidationException",
    401: "SecurityException",
    403: "SecurityException",
    404: "NoSuchNameException",
    406: "NotAcceptableException",
    409: "ResourceAlreadyExistsException",
    414: "URITooLongException",
    415: "UnsupportedMediaTypeException",
    422: "ValidationException",
}
_STATUS: Final[Mapping[str, int]] = {"malformed-event": 400}
"""Statuses that differ from those of the desk's own API."""


def answer_problem(request: web.Request, error: VeritemError) -> web.Response:
    """The problem document of a refusal."""
    status = _STATUS.get(error.code, PROBLEMS.status(error))
    log_server_error(request, error, status)
    name = _OF_CODE.get(error.code) or _OF_STATUS.get(status, "ImplementationException")
    texts = TEXTS[negotiate_language(request.headers.get("Accept-Language", ""))]
    document = PROBLEMS.document(error, texts, status)
    document |= {"type": f"epcisException:{name}", "code": error.code}
    headers = {**HEADERS, **PROBLEMS.headers(error, status), "Vary": "Accept-Language"}
    return json_response(document, status, headers, PROBLEM)
