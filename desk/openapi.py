"""The API's document (OpenAPI 3.1), drawn from the table that dispatches."""

from collections.abc import Mapping
from typing import Any, Final

from desk.problems import STATUS
from desk.routes import Route, Table
from desk.schemas import SCHEMAS, ref

_BY_ALL: Final = ("not-signed-in", "unknown-token", "forbidden", "ledger-busy", "ledger-down")
_WITH_BODY: Final = ("too-large", "too-slow", "wrong-media")
_PROBLEM: Final = "application/problem+json"
_KEY: Final[Mapping[str, Any]] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "The same key twice does it once, and answers the first result again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 100},
}


def draw(table: Table, server: str) -> dict[str, Any]:
    """The document of these routes, served at `server`."""
    paths: dict[str, dict[str, Any]] = {}
    for route in table.routes:
        paths.setdefault(route.pattern, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Veritem desk",
            "version": "1",
            "description": "For print houses, packers, inspectors, authorities and the issuer. "
            "Stamps are named by roll numbers, first and last both included.",
        },
        "servers": [{"url": server}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": dict(SCHEMAS),
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token of one's own account, made on the desk's page.",
                }
            },
        },
    }


def refusals(route: Route) -> dict[int, list[str]]:
    """What a route may refuse: the slugs, by their status."""
    slugs = [*_BY_ALL, *route.refusals]
    if route.key:
        slugs.append("key-required")
    if route.method in ("POST", "PUT") and (route.body or route.key):
        slugs += _WITH_BODY
        if route.body:
            slugs.append("malformed-body")
    found: dict[int, list[str]] = {}
    for slug in dict.fromkeys(slugs):
        statuses = {STATUS[slug]}
        # What a body names and is not there is 422, what an address names is 404.
        if slug.startswith("unknown-") and STATUS[slug] == 404 and route.body:
            statuses = {404, 422} if route.parameters else {422}
        for status in statuses:
            found.setdefault(status, []).append(slug)
    return found


def _operation(route: Route) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": f"{route.handler.__module__.rpartition('.')[2]}.{route.handler.__name__}",
        "summary": route.summary,
        "tags": [route.path.split("/")[3]],
        "parameters": [
            *(_path_parameter(name, kind) for name, kind in route.parameters.items()),
            *(
                {"name": name, "in": "query", "required": False, "schema": dict(schema)}
                for name, schema in route.query.items()
            ),
            *([dict(_KEY)] if route.key else []),
        ],
        "responses": {
            **{str(status): _answer(status, name) for status, name in route.answers.items()},
            **{
                str(status): _refused(slugs)
                for status, slugs in sorted(refusals(route).items())
                if status not in route.answers
            },
        },
    }
    if route.permissions:
        told["description"] = f"Needs {' or '.join(route.permissions)}."
    if route.body:
        told["requestBody"] = _body({route.media[0]: {"schema": ref(route.body)}})
    elif route.media[0] != "application/json":
        text = {"schema": {"type": "string"}}
        told["requestBody"] = _body(dict.fromkeys(route.media, text))
    return told


def _body(content: Mapping[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": dict(content)}


def _path_parameter(name: str, kind: str) -> dict[str, Any]:
    schema = {"type": "integer"} if kind == "int" else {"type": "string"}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _answer(status: int, name: str | None) -> dict[str, Any]:
    told: dict[str, Any] = {"description": {201: "Made", 202: "On its way"}.get(status, "Done")}
    if name is None:
        return {"description": "The range lies outside of the file"}
    if name in SCHEMAS:
        told["content"] = {"application/json": {"schema": ref(name)}}
    else:
        told["content"] = {name: {"schema": {"type": "string", "format": "binary"}}}
    return told


def _refused(slugs: list[str]) -> dict[str, Any]:
    return {
        "description": ", ".join(slugs),
        "content": {_PROBLEM: {"schema": ref("Problem")}},
    }
