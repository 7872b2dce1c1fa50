"""JSON responses and problem documents, of the API and of the scripts of pages."""

from collections.abc import Mapping
from typing import Any, Final

import orjson
import structlog
from aiohttp import web
from pydantic import BaseModel

from desk.problems import PROBLEMS, status_of
from desk.texts import TEXTS
from stamps.errors import VeritemError
from web.i18n import negotiate_language
from web.problems import CONTENT_TYPE as PROBLEM
from web.request_parsing import JSON

_NO_HEADERS: Final[Mapping[str, str]] = {}
_log = structlog.get_logger(__name__)


def json_response(
    document: BaseModel | Mapping[str, Any],
    status: int = 200,
    headers: Mapping[str, str] = _NO_HEADERS,
    content_type: str = JSON,
) -> web.Response:
    """A JSON document."""
    if isinstance(document, BaseModel):
        body = document.model_dump_json().encode()
    else:
        body = orjson.dumps(document)
    return web.Response(body=body, status=status, headers={"Content-Type": content_type, **headers})


def problem_response(request: web.Request, error: VeritemError) -> web.Response:
    """The problem document of an error, in the language of `Accept-Language`."""
    named = list(request.match_info.values()) if request.body_exists else None
    status = status_of(error, named)
    log_server_error(request, error, status)
    texts = TEXTS[negotiate_language(request.headers.get("Accept-Language", ""))]
    headers = {**PROBLEMS.headers(error, status), "Vary": "Accept-Language"}
    return json_response(PROBLEMS.document(error, texts, status), status, headers, PROBLEM)


def log_server_error(request: web.Request, error: VeritemError, status: int) -> None:
    """Log an error whose details the client does not see."""
    if status >= 500:
        _log.error("request refused", code=error.code, why=str(error), path=request.path)
