"""The OpenAPI document is generated from the routes; every answer is checked against it."""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pyrage
import pytest

from desk.api.openapi import build_document, errors_by_status
from desk.api.resources import ROUTES
from desk.api.routing import ApiRoute
from ledger import ReportRow
from ledger.notices.mails import MailAttempt
from tests.accounts import add_accounts
from tests.attachments.photos import encode_photo
from tests.desk.people import somebody
from tests.desk.running_desk import KEYS, PASSWORD, RunningDesk, lot_document, new_key
from tests.traceability.epcis.test_event_hash import EVENT
from tests.traceability.epcis.test_event_reader import document

DOCUMENT = build_document("http://desk.example")
SCHEMAS = DOCUMENT["components"]["schemas"]


def find_flaw(value: Any, schema: dict[str, Any], at: str = "$") -> str | None:
    """What of a value differs from its JSON Schema; the part of 2020-12 that pydantic writes."""
    if "$ref" in schema:
        return find_flaw(value, SCHEMAS[schema["$ref"].rpartition("/")[2]], at)
    if "anyOf" in schema:
        flaws = [find_flaw(value, choice, at) for choice in schema["anyOf"]]
        return None if None in flaws else "; ".join(filter(None, flaws))
    if "type" in schema and not has_type(value, schema["type"]):
        return f"{at}: {value!r} is no {schema['type']}"
    if "enum" in schema and value not in schema["enum"]:
        return f"{at}: {value!r} is none of {schema['enum']}"
    if schema.get("format") == "date-time" and not re.fullmatch(r"[\d-]+T[\d:.]+Z", value):
        return f"{at}: {value!r} is no time"
    if isinstance(value, list):
        flaws = [find_flaw(item, schema.get("items", {}), f"{at}[]") for item in value]
        return next(filter(None, flaws), None)
    return find_object_flaw(value, schema, at) if isinstance(value, dict) else None


def find_object_flaw(value: dict[str, Any], schema: dict[str, Any], at: str) -> str | None:
    known = schema.get("properties", {})
    if missing := set(schema.get("required", ())) - set(value):
        return f"{at}: lacks {missing}"
    for name, item in value.items():
        inner = known.get(name, schema.get("additionalProperties", {}))
        if inner is False:
            return f"{at}.{name}: is not in the document"
        if isinstance(inner, dict) and (flaw := find_flaw(item, inner, f"{at}.{name}")):
            return flaw
    return None


def has_type(value: Any, kind: str) -> bool:
    if kind == "null":
        return value is None
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    kinds = {"string": str, "integer": int, "boolean": bool, "object": dict, "array": list}
    return isinstance(value, kinds[kind]) and not (kind == "integer" and isinstance(value, bool))


def operation_of(route: ApiRoute) -> dict[str, Any]:
    operation: dict[str, Any] = DOCUMENT["paths"][f"/api/v1/{route.path}"][route.method.lower()]
    return operation


def find_route(method: str, path: str) -> ApiRoute:
    for route in ROUTES:
        pattern = re.sub(r"\{\w+\}", "[^/]+", route.path)
        if route.method == method and re.fullmatch(f"(/api/v1)?/{pattern}", path):
            return route
    raise AssertionError(f"no route for {method} {path}")


async def test_the_document_names_every_route_and_nothing_else(desk: RunningDesk) -> None:
    answer = await desk.call(None, "GET", "/api/openapi.json")
    document = await answer.json()
    assert document["openapi"] == "3.1.0"
    named = {(m.upper(), path) for path, item in document["paths"].items() for m in item}
    assert named == {(route.method, f"/api/v1/{route.path}") for route in ROUTES}
    ids = [
        operation["operationId"]
        for item in document["paths"].values()
        for operation in item.values()
    ]
    assert len(ids) == len(set(ids))


def test_every_reference_leads_to_a_schema_and_every_schema_is_used() -> None:
    assert set(re.findall(r"#/components/schemas/([\w.-]+)", str(DOCUMENT))) == set(SCHEMAS)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_route_is_described(route: ApiRoute) -> None:
    operation = operation_of(route)
    assert operation["summary"]
    assert {p["name"] for p in operation["parameters"] if p["in"] == "path"} == set(
        re.findall(r"\{(\w+)\}", route.path)
    )
    assert all(status >= 400 for status in errors_by_status(route))


async def test_answers_match_the_document(desk: RunningDesk, quick_passwords: None) -> None:
    """One day at the desk; each answer has a status and a form that its operation declares."""
    seen: set[tuple[str, str, int]] = set()

    async def call(who: str, method: str, path: str, body: Any = None, **more: Any) -> Any:
        answer = await desk.call(who, method, path, body, **more)
        route = find_route(method, path.partition("?")[0])
        seen.add((method, route.path, answer.status))
        responses = operation_of(route)["responses"]
        assert str(answer.status) in responses, (route, answer.status, await answer.text())
        content = responses[str(answer.status)].get("content", {})
        for kind in ("application/json", "application/problem+json"):
            if kind in content:
                assert answer.content_type == kind
                document = await answer.json()
                assert find_flaw(document, content[kind]["schema"]) is None, (
                    path,
                    find_flaw(document, content[kind]["schema"]),
                )
                return document
        return await answer.read()

    await call("mai", "GET", "/me")
    parties = {"product": "ri6", "print_house": "in-mekong"}
    request = {"id": "o1", "count": 100, "grade": "signed", **parties}
    await call("mai", "POST", "/orders", request)
    await call("mai", "POST", "/orders", {**request, "id": "o2", "count": 101})
    await call("mai", "POST", "/orders", {**request, "count": 7})  # other content: 409
    await call("bo", "GET", "/orders")
    await call("bo", "GET", "/orders?limit=1")
    await call("bo", "GET", "/orders/o1")
    await call("bo", "POST", "/orders/o1/approve")
    jpeg = {"Content-Type": "image/jpeg"}
    await call("mai", "POST", "/photos", encode_photo(), **jpeg)
    await call("mai", "POST", "/photos", b"no photo", **jpeg)
    await call("bo", "POST", "/orders/o2/refuse", {"reason": "too many"})
    await call("mai", "POST", "/orders", {**request, "id": "o3", "count": 102})
    await call("mai", "POST", "/orders", {**request, "id": "o4", "count": 102})  # alike: 409
    await call("bo", "GET", "/orders/o3/limits")
    excess = {"reason": "a good year"}
    await call("bo", "POST", "/orders/o3/excess", excess, key="x1")
    await call("mai", "POST", "/orders/o3/withdraw")
    await call("bo", "POST", "/orders/o3/excess", excess, key="x2")  # withdrawn: 409
    await call("bo", "PUT", "/quotas/krong-pac/2026", {"stamps": 5})
    await call("bo", "GET", "/quotas?year=2026")
    await call("mai", "POST", "/orders", {**request, "id": "o5", "count": 103})  # above: 409
    batch = await call("cap", "POST", "/batches", {"order": "o1", "gs1": True}, key=new_key())
    await call("cap", "POST", "/batches", {"order": "nix"}, key=new_key())
    number = batch["number"]
    await call("in", "GET", "/batches")
    await call("in", "GET", f"/batches/{number}")
    bundle = f"/batches/{number}/bundles/csv"
    await call("in", "POST", bundle)
    while (status := await call("in", "GET", bundle))["state"] == "writing":
        pass
    await call("in", "POST", bundle)
    href = status["parts"][0]["href"]
    await call("in", "GET", href)
    await call("in", "GET", href, Range="bytes=5-")
    await call("in", "GET", href, Range="bytes=99999999-")
    await call("in", "POST", f"{bundle}/links")
    await call("in", "GET", f"/batches/{number}/job-sheet")
    await call("mai", "GET", f"/batches/{number}/events")
    await call("in", "GET", f"/batches/{number}/downloads")
    await call("bo", "GET", "/balances")
    await call("bo", "GET", "/detection")
    await call("bo", "POST", "/detection/reviews")
    await call("bo", "GET", "/detection/reviews")
    csv = {"Content-Type": "text/csv"}
    report = b"state,first,last\nprinted,0,98\n"
    await call("in", "POST", f"/batches/{number}/reports", report, key=new_key(), **csv)
    left = await call("in", "GET", f"/batches/{number}/counts")
    rest = {"is_all_printed": True, "unreported": left["unreported"]}
    await call("in", "POST", f"/batches/{number}/counts", rest, key=new_key())
    proofs = f"/batches/{number}/proofs"
    proof = await call("in", "POST", proofs, encode_photo(), key=new_key(), **jpeg)
    await call("in", "GET", proofs)
    await call("in", "GET", f"{proofs}/{proof['id']}")
    await call("mai", "PUT", "/lots/L1", lot_document("L1"))
    await call("mai", "GET", "/lot-profiles")
    csv = {"Content-Type": "text/csv"}
    shown = await call("mai", "POST", "/lot-imports", b"code,product\nI1,ri6\n", **csv)
    await call("mai", "GET", f"/lot-imports/{shown['id']}")
    await call("mai", "POST", f"/lot-imports/{shown['id']}/application")
    await call("mai", "PUT", "/lots/L1", lot_document("L1", brand="x"))
    await call("mai", "GET", "/lots?list=unpublished")
    await call("mai", "GET", "/lots/L1")
    await call("mai", "GET", "/lots/L1/versions")
    await call("mai", "GET", "/lots/L1/publication")  # nothing is: 404
    for body in ({"version": 1}, {"version": 2, "note": "xin xem"}):
        await call("mai", "POST", "/lots/L1/submissions", body)
    await call("bo", "GET", "/reviews")
    await call("bo", "GET", "/reviews/1")
    await call("bo", "GET", "/reviews/9")  # 404
    await call("bo", "POST", "/reviews/1/return", {"comment": "thiếu"})
    await call("bo", "POST", "/reviews/1/approve", {})  # it was returned: 409
    for step in ("withdraw", "approve"):
        sent = await call("mai", "POST", "/lots/L1/submissions", {"version": 2})
        await call(
            "mai" if step == "withdraw" else "bo", "POST", f"/reviews/{sent['id']}/{step}", {}
        )
    await call("mai", "POST", "/lots/L1/submissions", {"version": 2})  # it is published: 409
    await call("mai", "GET", "/lots/L1/publication")
    await call("bo", "PUT", "/review-rules/country", {"reviewers": 1})
    await call("bo", "GET", "/review-rules")
    await keep_lists(call)
    transition = {"transition": "activate", "range": f"{number}·0-99", "lot": "L1"}
    await call("mai", "POST", "/transitions", transition, key=new_key())
    await call("mai", "POST", "/transitions", transition, key=new_key())
    corrected = lot_document("L1", brand="x", shelf_life_days=9)
    await call("mai", "PUT", "/lots/L1?reason=typing-error", corrected)
    await call("thanh", "GET", f"/stamps/{number}")
    packing = {"contents": [f"{number}·0-9"]}
    await call("mai", "POST", "/cartons/T-1/packings", packing, key=new_key())
    await call("mai", "POST", "/cartons/T-2/packings", packing, key=new_key())  # in T-1: 409
    await call("mai", "POST", "/cartons/P-1/packings", {"contents": ["T-1"]}, key=new_key())
    for path in ("", "/T-1", "/T-1/acts", "/T-1/events", "/P-1", "/T-9"):
        await call("mai", "GET", f"/cartons{path}")
    await call("mai", "POST", "/cartons/P-1/unpackings", {}, key=new_key())
    await call("thanh", "GET", "/recalls/reach?carton=T-1")
    alert = await desk.alert(number, 3)
    await call("thanh", "GET", "/alerts")
    await call("thanh", "GET", f"/alerts/{alert}")
    await call("thanh", "GET", f"/alerts/{alert}/stamps")
    await call("thanh", "GET", f"/alerts/{alert}/file")
    await desk.ledger.reports.add(ReportRow(bytes(16), 0, 0, "?", typed="0D9FR"), "0900 1")
    await desk.ledger.report_groups.file_arrivals()
    for path in ("/reports", "/reports/0D9FR", "/reports/0D9FR/contacts"):
        await call("thanh", "GET", path)
    await call("thanh", "POST", "/reports/0D9FR/steps", {"state": "closed", "note": "?"})
    reported = ReportRow(b"p" * 16, number, 3, "?", photo="taken")
    await desk.ledger.reports.add(reported)
    await desk.ledger.report_groups.file_arrivals()
    await desk.ledger.report_photos.add(reported.id, encode_photo())
    await call("thanh", "GET", f"/reports/{number}·3/photos/{reported.id.hex()}")
    await call("thanh", "POST", f"/reports/{number}·3/case")
    await call("thanh", "GET", "/report-places")
    await call("thanh", "POST", f"/alerts/{alert}/decisions", {"state": "investigating"})
    await call("thanh", "POST", f"/alerts/{alert}/notes", {"note": "gọi chợ"})
    await call("thanh", "GET", f"/alerts/{alert}/minutes")
    minutes = {"base": 0, "fields": {"party": "Cửa hàng An"}}
    await call("thanh", "POST", f"/alerts/{alert}/minutes", minutes)
    await call("thanh", "GET", f"/alerts/{alert}/minutes/1")
    await call("thanh", "GET", f"/alerts/{alert}/minutes/9")  # 404
    heard = await call("thanh", "POST", f"/alerts/{alert}/hearings", {"text": "?"})
    await call("thanh", "GET", f"/alerts/{alert}/hearings")
    hearing = f"/hearings/{heard['hearings'][0]['id']}"
    for path in ("/hearings", hearing):
        await call("mai", "GET", path)
    await call("mai", "POST", f"{hearing}/answers", {"text": "đã bán hết"})
    pictured = hearing.removeprefix("/hearings/")
    await desk.ledger.hearings.answer(pictured, "!", actor="mai", photos=[encode_photo()])
    await call("mai", "GET", f"{hearing}/photos/3/0")
    await call("mai", "GET", f"{hearing}/photos/2/0")  # it has none: 404
    partner = {"kind": "carrier", "name": "Vận tải An"}
    invited = await call("mai", "POST", "/actor-invitations", partner, key=new_key())
    for path in ("", f"/{invited['id']}", f"/{invited['id']}/sheet"):
        await call("mai", "GET", f"/actor-invitations{path}")
    await call("mai", "POST", f"/actor-invitations/{invited['id']}/withdraw")
    csv = {"Content-Type": "text/csv"}
    people = await call("mai", "POST", "/actor-invitation-imports", b"kind,name\nbuyer,A\n", **csv)
    await call("mai", "POST", f"/actor-invitation-imports/{people['id']}/application")
    await call("mai", "GET", f"/actor-invitation-imports/{people['id']}")
    await call("mai", "GET", f"/actor-invitation-imports/{people['id']}/sheets")
    sale = {
        "type": "ObjectEvent", "eventTime": "2026-09-12T02:15:00Z", "action": "OBSERVE",
        "eventTimeZoneOffset": "+07:00", "bizStep": "shipping",
        "quantityList": [{"epcClass": "https://veritem.vn/lot/L1"}],
        "destinationList": [
            {"type": "owning_party", "destination": "https://veritem.vn/party/thu-mua-dak-lak"}
        ],
    }  # fmt: skip
    await call("mai", "POST", "/events", {"epcisBody": {"eventList": [sale]}})
    [named] = (await call("thu", "GET", "/mentions"))["mentions"]
    of_another = f"/mentions/krong-pac/{quote(named['id'], safe='')}"
    await call("thu", "GET", of_another)
    await call("thu", "POST", f"{of_another}/answers", {"answer": "confirmed"})
    await call("thanh", "POST", f"/alerts/{alert}/hand-over", {"owner": "thanh"})
    lot = {"lot": "L1", "reason": "ordered"}
    await call("thanh", "GET", "/recalls/reach?lot=L1")
    recall = await call("thanh", "POST", "/recalls", lot, key=new_key())
    await call("thanh", "POST", "/recalls", lot, key=new_key())  # it waits: 409
    await call("bo", "GET", "/proposals?state=open")
    await call("bo", "GET", f"/proposals/{recall['id']}")
    await call("bo", "POST", f"/proposals/{recall['id']}/refuse")
    await call("bo", "POST", f"/proposals/{recall['id']}/approve")  # it was refused: 409
    grant = {"account": "lan", "role": "packer", "organisation": "tan-phuoc"}
    role = await call("tri", "POST", "/role-grants", grant, key=new_key())
    await call("tri", "POST", f"/proposals/{role['id']}/withdraw")
    again = await call("thanh", "POST", "/recalls", lot, key=new_key())
    await call("bo", "POST", f"/proposals/{again['id']}/approve")
    area = {"code": "VN-ĐLOR-0123", "kind": "growing_area", "name": "Ea Kao", "hectares": 2}
    await call("bo", "POST", "/registered-codes", area)
    await call("bo", "POST", "/registered-codes", {**area, "name": "x"})  # other content: 409
    await call("bo", "POST", "/registered-codes", {**area, "ward": "x"})
    code = "/registered-codes/vn-đlor-0123"
    await call("thanh", "GET", f"{code}/activity")
    await call("mai", "GET", "/registered-codes?q=kao&condition=active")
    await call("mai", "GET", code)
    await call("bo", "PUT", code, {**area, "name": "x", "version": 1})
    for step in ("suspension", "revocation", "restoration"):
        await call("bo", "POST", f"{code}/{step}", {"reason": "residue"})
    await call("mai", "GET", f"{code}/history")
    await call("mai", "GET", f"{code}/lots")
    await call("mai", "GET", "/registered-code-rules")
    rule = {"is_registration_required": True}
    await call("bo", "PUT", "/registered-code-rules/growing_area", rule)
    evidence = f"{code}/evidence"
    statement = f"{evidence}?kind=drone&shows_from=2026-09-01&source=DJI&is_public=true"
    picture = {"Content-Type": "image/jpeg"}
    piece = await call("thanh", "POST", statement, encode_photo(), key=new_key(), **picture)
    await call("thanh", "POST", statement, b"<svg/>", key=new_key(), **picture)  # 422
    await call("thanh", "POST", f"{evidence}?kind=drone", b"", key=new_key(), **picture)
    await call("bo", "GET", "/evidence-to-release")
    await call("y-bih", "GET", "/own-codes")
    await call("bo", "GET", evidence)
    for part in ("", "/file", "/picture"):
        await call("bo", "GET", f"{evidence}/{piece['id']}{part}")
    await call("bo", "POST", f"{evidence}/{piece['id']}/release")
    await call("thanh", "POST", f"{evidence}/{piece['id']}/withdrawal", {"reason": "a face"})
    await call("bo", "POST", f"{evidence}/{piece['id']}/erasure", {"reason": "91/2025/QH15"})
    codes = b"code,name\nVN-BTPH-036,A\n"
    shown = await call("bo", "POST", "/registered-code-imports?file_name=a.csv", codes, **csv)
    await call("bo", "POST", "/registered-code-imports", b"name\nA\n", **csv)
    await call("bo", "GET", f"/registered-code-imports/{shown['id']}")
    await call("bo", "POST", f"/registered-code-imports/{shown['id']}/application")
    device = await call("thanh", "POST", "/devices", {"label": "Pixel"}, key="pixel")
    await call("thanh", "GET", "/devices")
    await call("thanh", "POST", f"/devices/{device['id']}/revoke")
    await call("tri", "GET", "/audit")
    shop = {"id": "shop-1", "kind": "shop", "name": "Cửa hàng", "ward": "24169"}
    await call("tri", "POST", "/places", shop)
    await call("tri", "POST", "/places", {**shop, "name": "another"})  # 409
    any_version = {"If-Match": "*"}
    shop = {"name": "Cửa hàng 2", "gln": "8935000000014"}
    await call("tri", "PUT", "/places/shop-1", shop, **any_version)
    await call("tri", "PUT", "/places/shop-1", {"name": "x", "gln": "1"}, **any_version)  # 400
    await call("tri", "PUT", "/places/shop-1", {"name": "x"}, **{"If-Match": '"old"'})  # 412
    await manage_links(call)
    await call("tri", "GET", "/places")
    await call("tri", "GET", "/places/shop-1")
    await call("tri", "GET", "/places/none")
    await call("tri", "GET", "/staff?role=packer&q=mai")
    invited = {"account": "hoa", "name": "Hoa", "role": "packer", "organisation": "krong-pac"}
    await call("tri", "POST", "/staff", invited, key="invite")
    await call("tri", "POST", "/staff", invited, key="again")
    await call("tri", "POST", "/staff/hoa/invitation")
    await call("tri", "GET", "/staff/hoa")
    await call("tri", "GET", "/staff/hoa/sessions")
    await call("tri", "POST", "/staff/hoa/sessions/end")
    await call("tri", "POST", "/staff/hoa/sessions/0123456789abcdef/end")
    await call("tri", "POST", "/staff/hoa/erasure")
    await call("tri", "POST", "/staff/hoa/disabling")
    await call("tri", "GET", "/staff/hoa/data")
    await call("tri", "POST", "/staff/hoa/erasure")
    await call("tri", "GET", "/me/data")
    asked = await call("mai", "POST", "/data-exports", key="export")
    await call("mai", "POST", "/data-exports", key="another")
    await call("mai", "GET", "/data-exports")
    await call("mai", "GET", f"/data-exports/{asked['id']}")
    for _ in range(200):
        shown = await call("mai", "GET", f"/data-exports/{asked['id']}")
        if shown["state"] == "ready":
            break
        await asyncio.sleep(0.05)
    await call("mai", "GET", f"/data-exports/{asked['id']}/file")
    await call("bo", "GET", "/quality?province=66")
    await call("bo", "GET", "/quality?since=x")
    await call("mai", "GET", "/quality?organisation=tan-phuoc")
    await call("bo", "GET", "/quality/organisations?limit=1")
    await call("bo", "GET", "/quality/organisations?since=x")
    await call("mai", "GET", "/quality/organisations?province=66")
    await call("tri", "GET", "/catalogues")
    await call("tri", "GET", "/catalogues/units?q=kg")
    await call("tri", "GET", "/catalogues/units?after=none")
    await call("tri", "GET", "/catalogues/none")
    await call("tri", "GET", "/catalogues/units/files/csv")
    await call("tri", "GET", "/catalogues/units/files/pdf")
    await call("tri", "GET", "/catalogue-metadata")
    await call("tri", "POST", "/staff/tri/disabling")
    await call("mai", "POST", "/staff/tri/disabling")
    await tell_events(call)
    await tell_diary(call)
    await administer(desk, call)
    await manage_webhooks(call)
    await manage_mail(desk, call)
    await report_figures(call)
    await check_in_the_field(desk, call)
    expected = {
        (route.method, route.path, status)
        for route in ROUTES
        for status in route.answers
        if (route.method, route.path, status) != ("POST", "batches/{batch}/bundles/{form}", 202)
    }
    assert expected <= seen


async def tell_events(call: Any) -> None:
    told = document({**EVENT, "eventTime": "2026-01-12T09:15:00+07:00"})
    await call("mai", "POST", "/events", told)
    await call("mai", "POST", "/events", document())  # no event: 422
    shown = await call("mai", "GET", "/events")
    await call("mai", "GET", "/events?after=x")  # 400
    await call("mai", "GET", f"/events/{quote(shown['events'][0]['id'], safe='')}")
    await call("mai", "GET", "/events/x")  # 404
    for item in ("DL-2026-0912", "x", "99·1", "7.500-7.600", "0" * 20, "1·999999", "1·0"):
        await call("mai", "GET", f"/trace?item={quote(item)}&direction=back")
    await call("in", "GET", "/trace?item=x&direction=back")  # 403


async def tell_diary(call: Any) -> None:
    sale = {"at": "2026-01-12", "lot": "L1", "quantity": 5, "unit": "TNE", "buyer": "A"}
    told = await call("mai", "POST", "/diary", {"kind": "sale", "values": sale})
    entry = f"/diary/{told['id']}"
    await call("mai", "POST", "/diary", {"kind": "sale", "values": {}})  # 422
    await call("mai", "GET", "/diary?kind=sale")
    await call("mai", "GET", "/diary?kind=x")  # 400
    await call("mai", "GET", entry)
    await call("mai", "GET", "/diary/x")  # 404
    right = {"values": {**sale, "quantity": 4}}
    await call("mai", "POST", f"{entry}/correction", {"values": {}})  # 422
    await call("mai", "POST", "/diary/x/correction", right)  # 404
    corrected = await call("mai", "POST", f"{entry}/correction", right)
    await call("mai", "POST", f"{entry}/correction", {"values": sale | {"quantity": 3}})  # 409
    taken_back = f"/diary/{corrected['id']}/withdrawal"
    await call("mai", "POST", taken_back)
    await call("mai", "POST", taken_back)  # 409
    await call("mai", "POST", "/diary/x/withdrawal")  # 404
    csv = {"Content-Type": "text/csv"}
    lines = b"at,lot,quantity,unit,buyer\n2026-01-13,L1,5,TNE,A\n"
    shown = await call("mai", "POST", "/diary-imports?kind=sale", lines, **csv)
    await call("mai", "GET", f"/diary-imports/{shown['id']}")
    await call("mai", "GET", "/diary-imports/x")  # 404
    await call("mai", "POST", f"/diary-imports/{shown['id']}/application")
    await call("mai", "POST", "/diary-imports/x/application")  # 404
    await call("mai", "GET", "/lots/L1/diary")
    await call("mai", "GET", "/lots/none/diary")  # 404


async def report_figures(call: Any) -> None:
    for path in ("?period=month", "?province=00", "?period=custom", "/due-reports", "/reports"):
        await call("bo", "GET", f"/figures{path}")
    report = "/figures/reports/ministry-year-2026-vn"
    for body in ({"follows": 0}, {"follows": 1}, {"follows": 7, "reason": "x"}):
        await call("bo", "POST", f"{report}/submit", body)
    for path in ("", "?draft=true", "?version=9", "/versions"):
        await call("bo", "GET", report + path)


async def check_in_the_field(desk: RunningDesk, call: Any) -> None:
    typed = KEYS.ring.seal(1, 5, 6)[0].decode()
    await call("thanh", "POST", "/field/checks", {"text": typed})
    body = {"kind": "damage", "typed": typed}
    made = await call("thanh", "POST", "/field/findings", body, key="finding")
    await call("thanh", "GET", "/field/findings")
    finding = f"/field/findings/{made['id']}"
    await call("thanh", "GET", finding)
    await call("thanh", "POST", f"{finding}/handled", {"note": "x"})
    known = await desk.ledger.field_findings.get(made["id"])
    pictured = replace(known, id="pictured")
    await desk.ledger.field_findings.add(pictured, "x", [encode_photo()])
    await call("thanh", "GET", "/field/findings/pictured/photos/0")
    await call("thanh", "GET", "/field/findings/pictured/photos/1")  # 404
    await call("thanh", "GET", "/field/snapshot")
    phone, _ = await desk.ledger.field_phones.add("thanh", "x", None)
    await call("thanh", "GET", "/field/phones")
    await call("thanh", "POST", f"/field/phones/{phone.id}/shut-out")


async def manage_links(call: Any) -> None:
    any_version, old = {"If-Match": "*"}, {"If-Match": '"old"'}
    owner = {"prefixes": ["8935000"], "hosts": ["krongpac.vn"]}
    await call("tri", "PUT", "/key-owners/krong-pac", owner, **any_version)
    await call("tri", "PUT", "/key-owners/krong-pac", {**owner, "hosts": ["x"]}, **any_version)
    await call("tri", "PUT", "/key-owners/tan-phuoc", owner, **any_version)  # 409
    await call("tri", "PUT", "/key-owners/krong-pac", {**owner, "hosts": []}, **old)  # 412
    await call("mai", "GET", "/key-owners/krong-pac")
    link = {"type": "gs1:pip", "href": "https://krongpac.vn/", "title": "Ri6", "hreflang": ["vi"]}
    added = {"key": "(01)08935000000014", "links": [link]}
    made = await call("mai", "POST", "/link-sets", added)
    await call("mai", "POST", "/link-sets", {**added, "links": []})  # 409
    await call("mai", "POST", "/link-sets", {**added, "key": "(10)L1"})  # 422
    evil = {**link, "href": "https://evil.example/"}
    one, links = f"/link-sets/{made['id']}", {"description": "Ri6", "links": [link, link]}
    await call("mai", "GET", one)
    await call("mai", "PUT", one, links, **any_version)
    await call("mai", "PUT", one, {"links": [evil]}, **any_version)  # 422
    await call("mai", "PUT", one, {"links": []}, **old)  # 412
    await call("mai", "GET", "/link-sets")
    await call("mai", "GET", f"{one}/answers")
    await call("mai", "GET", f"{one}/answers?type=evil")  # 422
    await call("mai", "DELETE", one, **any_version)
    await call("mai", "GET", one)  # 404


async def keep_lists(call: Any) -> None:
    day = {"basis": "412/QĐ-UBND", "basis_day": "2026-01-02"}
    entry = {"kind": "speciality", "product": "ri6", "since": "2026-02-01", **day}
    added = await call("bo", "POST", "/product-lists", entry, key=new_key())
    must = {**entry, "kind": "mandatory", "since": "2099-01-01"}
    await call("bo", "POST", "/product-lists", must, key=new_key())
    await call("bo", "POST", "/product-lists", {**entry, "stars": 4}, key=new_key())  # 400
    await call("bo", "GET", "/product-lists?kind=speciality&ended=false")
    await call("bo", "GET", f"/product-lists/{added['entry']['id']}")
    await call("bo", "GET", "/provinces/66")
    end = f"/product-lists/{added['entry']['id']}/end"
    await call("bo", "POST", end, {"reason": "x"})
    await call("bo", "POST", end, {"reason": "y"})  # it was ended: 409


async def manage_webhooks(call: Any) -> None:
    proof = {"password": PASSWORD}
    body = {"url": "https://example.vn/hook", "events": ["order.decided"], "label": "x", **proof}
    hook = f"/webhooks/{(await call('in', 'POST', '/webhooks', body, key='hook'))['id']}"
    await call("in", "GET", "/webhooks")
    await call("in", "GET", hook)
    await call("in", "PUT", hook, {"events": ["batch.issued"]})
    sent = await call("in", "POST", f"{hook}/test", key="test")
    await call("in", "GET", f"{hook}/notices?state=waiting")
    await call("in", "POST", f"{hook}/notices/{sent['id']}/resend", key="resend")
    await call("in", "POST", f"{hook}/rotate", proof)
    for step in ("disable", "enable"):
        await call("in", "POST", f"{hook}/{step}")
    await call("in", "DELETE", hook)


async def manage_mail(desk: RunningDesk, call: Any) -> None:
    await call("bo", "GET", "/me/mail")
    asked = {"address": "mai@example.vn", "password": PASSWORD}
    await call("bo", "POST", "/me/mail/address", asked)
    [mail] = await desk.ledger.mails.find_page(state="waiting", limit=9)
    link = desk.dependencies.mail.seal.open(mail.id, mail.content)
    token = re.search(r"token=([^\"]+)", link)
    assert token
    await call("bo", "POST", "/me/mail/confirm", {"token": token[1]})
    choice = {"kinds": {}, "level": "any", "language": "vi", "digest_hour": 7}
    await call("bo", "PUT", "/me/mail", choice)
    sent = await call("bo", "POST", "/me/mail/test")
    [test] = [
        one
        for one in await desk.ledger.mails.find_page(state="waiting", limit=9)
        if one.id == sent["mail"]
    ]
    at = desk.clock()
    await desk.ledger.mails.record(test, MailAttempt(at, 554, "mail-refused", is_final=True))
    await call("tri", "GET", "/mails?state=dead")
    await call("tri", "POST", f"/mails/{test.id}/resend")
    await call("bo", "DELETE", "/me/mail")


async def administer(desk: RunningDesk, call: Any) -> None:
    """The rest of an administrator's day."""
    proof = {"password": PASSWORD}
    await add_accounts(desk.ledger, "minh", "hai", role="administrator")
    await call("tri", "GET", "/audit/1")
    await call("tri", "GET", "/audit/999999")
    await call("tri", "GET", "/settings")
    await call("tri", "GET", "/me/tasks")
    token = {"label": "x", "days": 9, "scopes": ["order.see"], **proof}
    made = await call("mai", "POST", "/me/tokens", token, key="token")
    await call("mai", "POST", "/me/tokens", token, key="token")  # its text is told once: 409
    await call("mai", "GET", "/me/tokens")
    await call("mai", "POST", f"/me/tokens/{made['id']}/revoke")
    other = await call("lan", "POST", "/me/tokens", token, key="token")
    await call("tri", "POST", f"/staff/lan/tokens/{other['id']}/revoke")
    for who, account in (("mai", "me"), ("tri", "staff/lan")):
        signed_in = "mai" if account == "me" else "lan"
        async with somebody(desk, signed_in):
            shown = await call(who, "GET", f"/{account}/sessions")
            session = shown["sessions"][0]["id"]
            await call(who, "POST", f"/{account}/sessions/{session}/end")
    shared = {**token, "scopes": ["lot.see"]}
    made = await call("mai", "POST", "/organisation-tokens", shared, key="shared")
    await call("mai", "POST", "/organisation-tokens", shared, key="shared")  # as above
    await call("mai", "GET", "/tokens?state=valid&organisation=krong-pac")
    await call("mai", "GET", f"/tokens/{made['id']}")
    await call("lan", "GET", f"/tokens/{made['id']}")
    await call("mai", "POST", f"/tokens/{made['id']}/revoke")
    async with somebody(desk, "lan"):
        shown = await call("tri", "GET", "/sessions?state=open&staff=lan")
        session = shown["sessions"][0]["id"]
        await call("lan", "GET", f"/sessions/{session}")
        await call("mai", "POST", f"/sessions/{session}/end")
        await call("tri", "POST", f"/sessions/{session}/end")
    why = {"reason": "closed"}
    await call("tri", "POST", "/organisations/in-hanoi/enable", why, key="early")
    await call("tri", "POST", "/organisations/in-hanoi/disable", why)
    await call("tri", "POST", "/organisations/in-hanoi/disable", {"reason": "\u200b"})
    await call("tri", "POST", "/organisations/none/disable", why)
    await call("tri", "POST", "/organisations/in-hanoi/enable", why, key="enable")
    await call("tri", "POST", "/organisations/in-hanoi/enable", why, key="twice")
    organisation = {"name": "HTX Ea Kar", "kind": "packer"}
    await call("tri", "POST", "/organisations", {"id": "ea-kar", **organisation})
    await call("tri", "GET", "/organisations?kind=packer")
    await call("tri", "GET", "/organisations/ea-kar")
    changed = {**organisation, "name": "HTX Ea Kar mới"}
    await call("tri", "PUT", "/organisations/ea-kar", changed, **{"If-Match": "*"})
    keys = [str(pyrage.x25519.Identity.generate().to_public()) for _ in range(2)]
    for key in keys:
        sent = {"public_key": key, "label": "press", **proof}
        await call("in", "POST", "/organisations/in-mekong/print-keys", sent)
    await call("in", "GET", "/organisations/in-mekong/print-keys")
    retired = {"public_key": keys[0]}
    await call("in", "POST", "/organisations/in-mekong/print-keys/retire", retired)
    await call("tri", "POST", "/staff/lan/password-reset", {"with_codes": True}, key="password")
    await call("tri", "POST", "/staff/mai/one-time-codes/reset", key="codes")
    await call("bo", "GET", "/exports/orders/csv?state=requested")
    await call("bo", "GET", "/exports/orders/csv?owner=mai")
    await call("bo", "GET", "/exports/orders/xlsx")
    await call("bo", "GET", "/exports/nix/xlsx")


def bodies(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Bodies that a schema allows: only what is required, then everything."""
    properties = schema["properties"]
    examples = {name: example(part) for name, part in properties.items()}
    yield {name: examples[name] for name in schema.get("required", ())}
    yield examples


def example(schema: dict[str, Any]) -> Any:
    if "$ref" in schema:
        return example(SCHEMAS[schema["$ref"].rpartition("/")[2]])
    if "anyOf" in schema:
        return example(schema["anyOf"][0])
    if "examples" in schema:
        return schema["examples"][0]
    if "enum" in schema:
        return schema["enum"][0]
    integer = max(1, schema.get("minimum", 0))
    values = {"string": "x", "integer": integer, "number": 1.5, "boolean": True, "array": []}
    return {**values, "object": {}}[schema["type"]]


async def test_bodies_that_the_document_allows_are_read(
    desk: RunningDesk, quick_passwords: None
) -> None:
    """What is refused then is refused by a use case, never as a malformed body."""
    for route in ROUTES:
        if route.body is not None and route.body is not bytes and route.tag != "lots":
            await check_bodies(desk, route)


async def check_bodies(desk: RunningDesk, route: ApiRoute) -> None:
    content = operation_of(route)["requestBody"]["content"]["application/json"]
    schema = SCHEMAS[content["schema"]["$ref"].rpartition("/")[2]]
    path = "/" + re.sub(r"\{\w+\}", "1", route.path)
    people = {"orders": "cap", "batches": "cap", "transitions": "mai", "bundles": "in"}
    people |= {"registered codes": "bo", "organisations": "tri", "staff": "tri", "places": "tri"}
    people |= {"orders/{order}/excess": "bo", "orders/{order}/refuse": "bo", "quotas": "bo"}
    people |= {"key-owners/{organisation}": "tri", "links": "mai"}
    people |= {"webhooks": "in", "organisation-tokens": "mai", "figures": "bo"}
    people |= {"hearings/{hearing}/answers": "mai", "events": "mai", "reviews": "bo"}
    people |= {"lots/{lot}/submissions": "mai"}
    people |= {"diary": "mai"}
    people |= {"cartons": "mai", "evidence": "bo"}
    people |= {"actor invitations": "mai"}
    who = people.get(route.path) or people.get(route.tag, "thanh")
    who = "tri" if route.path == "role-grants" else who
    headers = {"If-Match": "*"} if route.has_version else {}
    for body in bodies(schema):
        answer = await desk.call(who, route.method, path, body, key=new_key(), **headers)
        if answer.status >= 300:
            assert (await answer.json())["type"] != "/problems/malformed-body", (route.path, body)
    misspelt = {**body, "lto": 1}
    answer = await desk.call(who, route.method, path, misspelt, key=new_key(), **headers)
    assert (answer.status, (await answer.json())["field"]) == (400, "lto"), route.path
