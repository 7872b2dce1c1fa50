"""The API's document is what really answers: the same table, and every answer held against it."""

import re
from typing import Any

from desk import openapi
from desk.api import TABLE
from desk.schemas import SCHEMAS
from tests.desk.house import House, a_key, lot_document


def flaw(value: Any, schema: dict[str, Any], at: str = "$") -> str | None:
    """What of a value is not as its JSON Schema says; the part of draft 2020-12 that we write."""
    if "$ref" in schema:
        return flaw(value, SCHEMAS[schema["$ref"].rpartition("/")[2]], at)
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(_is(value, kind) for kind in kinds):
        return f"{at}: {value!r} is no {' or '.join(kinds)}"
    if "enum" in schema and value not in schema["enum"]:
        return f"{at}: {value!r} is none of {schema['enum']}"
    if value is None:
        return None
    if schema.get("format") == "date-time" and not re.fullmatch(r"[\d-]+T[\d:.]+Z", value):
        return f"{at}: {value!r} is no time"
    for item in value if isinstance(value, list) else ():
        if found := flaw(item, schema.get("items", {}), f"{at}[]"):
            return found
    if isinstance(value, dict):
        known = schema.get("properties", {})
        if missing := set(schema.get("required", ())) - set(value):
            return f"{at}: lacks {missing}"
        for name, item in value.items():
            inner = known.get(name, schema.get("additionalProperties", {}))
            if inner is False:
                return f"{at}.{name}: is not in the document"
            if isinstance(inner, dict) and (found := flaw(item, inner, f"{at}.{name}")):
                return found
    return None


def _is(value: Any, kind: str) -> bool:
    kinds = {"string": str, "integer": int, "boolean": bool, "object": dict, "array": list}
    if kind == "null":
        return value is None
    if kind == "number":
        return isinstance(value, int | float)
    return isinstance(value, kinds[kind]) and not (kind == "integer" and isinstance(value, bool))


async def test_the_document_names_every_route_and_nothing_else(house: House) -> None:
    answer = await house.call(None, "GET", "/api/openapi.json")
    drawn = await answer.json()
    assert drawn["openapi"] == "3.1.0"
    told = {(m.upper(), path) for path, item in drawn["paths"].items() for m in item}
    assert told == {(route.method, route.pattern) for route in TABLE.routes}
    ids = [
        operation["operationId"] for item in drawn["paths"].values() for operation in item.values()
    ]
    assert len(ids) == len(set(ids))


def test_every_reference_leads_somewhere_and_every_schema_is_used() -> None:
    drawn = openapi.draw(TABLE, "http://x")
    referred = set(re.findall(r"#/components/schemas/(\w+)", str(drawn)))
    assert referred == set(SCHEMAS)


async def test_what_answers_is_what_the_document_says(house: House) -> None:
    """One honest day at the desk; each answer has a status and a form of its route's."""
    seen: set[tuple[str, str, int]] = set()

    async def call(who: str, method: str, path: str, body: Any = None, **more: Any) -> Any:
        answer = await house.call(who, method, path, body, **more)
        plain = path.partition("?")[0]
        full = plain if plain.startswith("/api") else f"/api/v1{plain}"
        route, _ = TABLE.find(method, full)
        seen.add((method, route.path, answer.status))
        allowed = set(route.answers) | set(openapi.refusals(route))
        assert answer.status in allowed, (route, answer.status, await answer.text())
        name = route.answers.get(answer.status, "Problem")
        if name in SCHEMAS:
            told = await answer.json()
            assert flaw(told, SCHEMAS[name]) is None, flaw(told, SCHEMAS[name])
            return told
        return await answer.read()

    await call("mai", "GET", "/me")
    asked = {"id": "o1", "count": 100, "grade": "signed", "print_house": "in-mekong"}
    await call("mai", "POST", "/orders", {**asked, "packer": "krong-pac", "product": "ri6"})
    await call("mai", "POST", "/orders", {**asked, "id": "o2", "packer": "krong-pac"})
    await call("mai", "POST", "/orders", {**asked, "packer": "krong-pac"})  # other content: 409
    await call("bo", "GET", "/orders")
    await call("bo", "GET", "/orders/o1")
    await call("bo", "POST", "/orders/o1/approve")
    await call("bo", "POST", "/orders/o2/refuse")
    batch = await call("cap", "POST", "/batches", {"order": "o1", "gs1": True}, key=a_key())
    await call("cap", "POST", "/batches", {"order": "nix"}, key=a_key())
    number = batch["number"]
    await call("in", "GET", "/batches")
    await call("in", "GET", f"/batches/{number}")
    bundle = f"/batches/{number}/bundles/csv"
    await call("in", "POST", bundle)
    while (told := await call("in", "GET", bundle))["state"] == "writing":
        pass
    href = told["parts"][0]["href"]
    await call("in", "GET", href)
    await call("in", "GET", href, Range="bytes=5-")
    await call("in", "GET", href, Range="bytes=99999999-")
    csv = {"Content-Type": "text/csv"}
    report = b"state,first,last\nprinted,0,99\n"
    await call("in", "POST", f"/batches/{number}/reports", report, key=a_key(), **csv)
    await call("mai", "PUT", "/lots/L1", lot_document("L1"))
    await call("mai", "PUT", "/lots/L1", lot_document("L1", brand="x"))
    await call("mai", "GET", "/lots")
    await call("mai", "GET", "/lots/L1")
    transition = {"transition": "activate", "roll": f"{number}·0-99", "lot": "L1"}
    await call("mai", "POST", "/transitions", transition, key=a_key())
    await call("mai", "POST", "/transitions", transition, key=a_key())
    await call("thanh", "GET", f"/stamps/{number}")
    alert = await house.alert(number, 3)
    await call("thanh", "GET", "/alerts")
    await call("thanh", "GET", f"/alerts/{alert}")
    await call("thanh", "POST", f"/alerts/{alert}/decisions", {"state": "investigating"})
    for route in TABLE.routes:
        answered = {
            status for method, path, status in seen if (method, path) == (route.method, route.path)
        }
        # 200 beside 202 is a bundle that was there already.
        due = {
            status
            for status in route.answers
            if (route.method, status) != ("POST", 200) or 202 not in route.answers
        }
        assert due <= answered, (route.path, due - answered)


def test_every_refusal_that_is_documented_has_a_status_in_the_table() -> None:
    for route in TABLE.routes:
        assert all(status >= 400 for status in openapi.refusals(route))
