"""Schemathesis calls every operation of the OpenAPI document with generated data.

No answer is a server error, and each has a status, a media type and a form that its operation
declares. `make test` sends a few examples of each operation;
`VERITEM_EXAMPLES=200 pytest tests/desk/test_schema_conformance.py` sends more, as every role.
"""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from desk.api.openapi import build_document
from desk.api.resources import ROUTES
from desk.api.routing import ApiRoute
from services.permissions import GRANTS
from tests.desk.running_desk import PEOPLE, RunningDesk, lot_document, running_desk

EXAMPLES: Final = int(os.environ.get("VERITEM_EXAMPLES", "0"))
"""Examples of each operation and role; 0: a few, as one role that may call it."""
CHECKS: Final = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
RAW: Final = sorted({media for route in ROUTES if route.body is bytes for media in route.media})


@schemathesis.serializer(*RAW)
def send_raw(_: Any, value: Any) -> Any:
    """Bodies that are files are sent as they are."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


def list_callers(route: ApiRoute) -> list[str]:
    """Who calls an operation: everybody, or one whose role may, each in turn."""
    if EXAMPLES:
        return list(PEOPLE)
    able = [
        name
        for name, (role, _, _) in PEOPLE.items()
        if not route.permissions or set(route.permissions) & GRANTS[role]
    ]
    return [able[ROUTES.index(route) % len(able)]]


def call_operations(desk: RunningDesk, known: dict[str, Any]) -> Iterator[str]:
    """Call every operation; what is wrong with the answers."""
    schema = schemathesis.openapi.from_dict(build_document(desk.url))
    routes = {(route.method, f"/api/v1/{route.path}"): route for route in ROUTES}
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()
        for who in list_callers(routes[operation.method.upper(), operation.path]):
            yield from call_operation(desk, operation, who, known)


def call_operation(
    desk: RunningDesk, operation: Any, who: str, known: dict[str, Any]
) -> Iterator[str]:
    """Call one operation as one person, with names that exist and names that do not."""

    @settings(
        max_examples=EXAMPLES or 3,
        derandomize=not EXAMPLES,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(case=operation.as_strategy(), is_known=st.booleans())
    def call(case: Any, is_known: bool) -> None:
        if is_known:
            case.path_parameters = {
                name: known.get(name, value) for name, value in case.path_parameters.items()
            }
        token = {"Authorization": f"Bearer {desk.tokens[who]}"}
        case.call_and_validate(base_url=desk.url, headers=token, checks=CHECKS)

    try:
        call()
    except Exception as failure:  # hypothesis raises groups of what it found
        yield f"{who}: {operation.label}: {describe(failure)}"


def describe(failure: BaseException) -> str:
    """A failure with those that it consists of."""
    inner = getattr(failure, "exceptions", ())
    return "\n".join([str(failure), *map(describe, inner)])


async def test_no_generated_request_breaks_the_desk_or_its_document(tmp_path: Path) -> None:
    async with running_desk(tmp_path, token_requests=60_000) as desk:
        number = await desk.printed(100)
        await desk.lot()
        alert = await desk.alert(number, 3)
        known = {
            "batch": number,
            "lot": lot_document()["code"],
            "alert": alert,
            "order": (await desk.ledger.batches.get(number)).order,
            "organisation": "in-mekong",
            "account": "lan",
            "stamps": f"{number}·0-9",
            "form": "csv",
            "name": "orders",
            "kind": "growing_area",
            "seq": 1,
        }
        flaws = await asyncio.to_thread(lambda: list(call_operations(desk, known)))
    assert flaws == [], "\n\n".join(flaws)
