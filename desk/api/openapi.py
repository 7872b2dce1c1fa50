"""The OpenAPI 3.1 document of the API, from the routes and their models."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict
from pydantic.json_schema import models_json_schema

from desk.api.preconditions import PreconditionRequired
from desk.api.resources import ROUTES
from desk.api.routing import ApiRoute
from desk.auth.errors import NotSignedIn
from desk.problems import status_of_type
from ledger.errors import RowChanged
from ledger.staff_errors import UnknownToken
from ledger.storage.storage_errors import StorageBusy, StorageDown
from services.errors import Forbidden, KeyRequired
from stamps.errors import VeritemError
from web.errors import (
    BodyTimeout,
    BodyTooLarge,
    ControlCharacter,
    MalformedBody,
    ServiceBusy,
    TooManyRequests,
    UnsupportedMedia,
)
from web.problems import CONTENT_TYPE as PROBLEM
from web.request_parsing import JSON

_ALWAYS: Final = (
    NotSignedIn,
    UnknownToken,
    Forbidden,
    StorageBusy,
    StorageDown,
    ControlCharacter,
    ServiceBusy,
    TooManyRequests,
)
_WITH_BODY: Final = (BodyTooLarge, BodyTimeout, UnsupportedMedia)
_REFERENCE: Final = "#/components/schemas/{model}"
_DESCRIPTIONS: Final = {201: "Created", 202: "Accepted"}
_KEY: Final[Mapping[str, Any]] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "The same key twice applies the request once and answers the first result.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 100},
}
_VERSION: Final[Mapping[str, Any]] = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag of what was read and is changed, or * for whatever there is.",
    "schema": {"type": "string"},
}
_KNOWN: Final[Mapping[str, Any]] = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "ETags of what the client has; the answer is 304 while one of them holds.",
    "schema": {"type": "string"},
}
Mode = Literal["validation", "serialization"]


class ProblemDocument(BaseModel):
    """RFC 9457 problem details; further members hold the evidence of the refusal."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str | None = None


def build_document(server: str) -> dict[str, Any]:
    """The document of all routes, served at `server`; parts of it are shared and never changed."""
    paths, schemas = _describe_routes()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Veritem desk",
            "version": "1",
            "description": "For print houses, packers, inspectors, authorities and the issuer. "
            "A serial range is written 7·0-4999: batch, first and last number, both included.",
        },
        "servers": [{"url": server}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token of an account, created on the account's page.",
                }
            },
        },
    }


@cache
def _describe_routes() -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The operations by path and method, and the schemas that they refer to; made once."""
    references, definitions = models_json_schema(
        sorted(_models(ROUTES), key=lambda pair: pair[0].__name__), ref_template=_REFERENCE
    )
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        operation = _Operation(route, references).build()
        paths.setdefault(f"/api/v1/{route.path}", {})[route.method.lower()] = operation
    return paths, definitions.get("$defs", {})


def errors_by_status(route: ApiRoute) -> dict[int, list[str]]:
    """The codes of the errors that a route may answer, by HTTP status."""
    errors: list[type[VeritemError]] = [*_ALWAYS, *route.errors]
    if route.has_key:
        errors.append(KeyRequired)
    if route.has_version:
        errors += (PreconditionRequired, RowChanged)
    if route.body is not None:
        errors += _WITH_BODY
    if route.query is not None or (route.body is not None and route.body is not bytes):
        errors.append(MalformedBody)
    found: dict[int, list[str]] = {}
    for error in dict.fromkeys(errors):
        statuses = status_of_type(
            error, has_body=route.body is not None, has_address=bool(route.parameters)
        )
        for status in statuses:
            found.setdefault(status, []).append(error.code)
    return found


References = Mapping[Any, dict[str, Any]]
"""The reference to a model in a mode, by `(model, mode)`."""


class _Operation:
    """Builds the OpenAPI operation of a route."""

    def __init__(self, route: ApiRoute, references: References) -> None:
        self._route = route
        self._references = references

    def build(self) -> dict[str, Any]:
        """The operation object."""
        route = self._route
        operation: dict[str, Any] = {
            "operationId": f"{route.tag}.{getattr(route.handler, '__name__', '')}",
            "summary": route.summary,
            "tags": [route.tag],
            "parameters": [
                *(_path_parameter(name, kind) for name, kind in route.parameters.items()),
                *_query_parameters(route.query),
                *([dict(_KEY)] if route.has_key else []),
                *([dict(_VERSION)] if route.has_version else []),
                *([dict(_KNOWN)] if self._has_tag else []),
            ],
            "responses": self._responses(),
        }
        if route.permissions:
            operation["description"] = f"Needs {' or '.join(route.permissions)}."
        if route.body is not None:
            operation["requestBody"] = {"required": True, "content": self._content(route.body)}
        return operation

    def _content(self, body: type[Any]) -> dict[str, Any]:
        schema = (
            self._references[body, "validation"]
            if issubclass(body, BaseModel)
            else {"type": "string"}
        )
        return {media: {"schema": schema} for media in self._route.media}

    def _responses(self) -> dict[str, Any]:
        route = self._route
        problem = {PROBLEM: {"schema": self._references[ProblemDocument, "serialization"]}}
        answers = {str(status): self._answer(status) for status in route.answers}
        refusals = {
            str(status): {"description": ", ".join(codes), "content": problem}
            for status, codes in sorted(errors_by_status(route).items())
            if status not in route.answers
        }
        unchanged = {"304": {"description": "As the client has it"}} if self._has_tag else {}
        return {**answers, **unchanged, **refusals}

    @property
    def _has_tag(self) -> bool:
        """Whether the answer is a document with an `ETag`."""
        route = self._route
        return route.method == "GET" and isinstance(route.answers.get(200), type)

    def _answer(self, status: int) -> dict[str, Any]:
        answer = self._route.answers[status]
        if answer is None:
            return {"description": "The range lies outside of the file"}
        described: dict[str, Any] = {"description": _DESCRIPTIONS.get(status, "Success")}
        if isinstance(answer, str):
            is_json = answer.endswith("+json")  # a document of another standard
            schema = {"type": "object"} if is_json else {"type": "string", "format": "binary"}
            described["content"] = {answer: {"schema": schema}}
        else:
            described["content"] = {JSON: {"schema": self._references[answer, "serialization"]}}
        return described


def _models(routes: Iterable[ApiRoute]) -> set[tuple[type[BaseModel], Mode]]:
    """The models of bodies and answers, and the direction in which each is used."""
    models: set[tuple[type[BaseModel], Mode]] = {(ProblemDocument, "serialization")}
    for route in routes:
        if route.body is not None and issubclass(route.body, BaseModel):
            models.add((route.body, "validation"))
        models |= {
            (answer, "serialization")
            for answer in route.answers.values()
            if isinstance(answer, type)
        }
    return models


def _path_parameter(name: str, kind: type) -> dict[str, Any]:
    schema = {"type": "integer", "minimum": 0} if kind is int else {"type": "string"}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _query_parameters(model: type[BaseModel] | None) -> list[dict[str, Any]]:
    if model is None:
        return []
    schema = model.model_json_schema()
    definitions = schema.get("$defs", {})
    return [
        {"name": name, "in": "query", "required": False, "schema": _inline(part, definitions)}
        for name, part in schema["properties"].items()
    ]


def _inline(schema: Any, definitions: Mapping[str, Any]) -> Any:
    """A schema with its references replaced by what they name."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            return _inline(definitions[schema["$ref"].rpartition("/")[2]], definitions)
        return {name: _inline(part, definitions) for name, part in schema.items()}
    if isinstance(schema, list):
        return [_inline(part, definitions) for part in schema]
    return schema
