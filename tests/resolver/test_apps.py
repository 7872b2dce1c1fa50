"""Apps with shared keys, trusted proxies, and addresses for machines."""

import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from resolver import ResolverSettings
from stamps.signature import PublicKeys
from tests.resolver.house import HANOI, JSON, PHONE, House, a_house, code_of, signature_of

APP = f"shop:app:{hashlib.sha256(b'app key').hexdigest()}"


@pytest.fixture
async def trusting(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(
        tmp_path,
        app_keys=(APP,),
        trusted_proxies=("127.0.0.0/8",),
        country_header="X-Country",
        public_url="https://veritem.vn",
        gtin="08935000000014",
    ) as made:
        yield made


async def test_a_shared_key_scans_without_a_page_and_weighs_as_a_page_does(
    trusting: House,
) -> None:
    code = code_of(trusting.batches.active, 1)
    body = {"code": code, "place": HANOI}
    response = await trusting.post("/v1/scans", body, Authorization="Bearer app key")
    assert response.status == 200
    [row] = await trusting.ledger.scans.list_of_stamp(trusting.batches.active, 1)
    assert (row.via, row.province, row.signed) == ("page", "01", None)


async def test_an_apps_scan_sent_again_under_its_key_is_one_scan(trusting: House) -> None:
    body = {"code": code_of(trusting.batches.active, 2), "device": "phone-7"}
    headers = {"Authorization": "Bearer app key", "Idempotency-Key": "scan-1"}
    statuses = [(await trusting.post("/v1/scans", body, **headers)).status for _ in range(2)]
    assert statuses == [200, 409]
    assert len(await trusting.ledger.scans.list_of_stamp(trusting.batches.active, 2)) == 1


@pytest.mark.parametrize("said", ["Bearer wrong", "Basic app key", "Bearer", "nonsense"])
async def test_an_unknown_key_is_refused(trusting: House, said: str) -> None:
    body = {"code": code_of(trusting.batches.active, 3)}
    response = await trusting.post("/v1/scans", body, Authorization=said)
    assert (response.status, response.headers["WWW-Authenticate"]) == (401, "Bearer")


async def test_a_trusted_proxy_says_who_the_client_is(trusting: House) -> None:
    for client in ("203.0.113.7", "203.0.113.8"):
        body = {"code": code_of(trusting.batches.active, 4)}
        await trusting.post(
            "/v1/scans",
            body,
            Authorization="Bearer app key",
            **{"X-Forwarded-For": f"198.51.100.1, {client}, 127.0.0.9", "X-Country": "th"},
        )
    rows = await trusting.ledger.scans.list_of_stamp(trusting.batches.active, 4)
    assert [row.country for row in rows] == ["TH", "TH"]
    assert len({row.net for row in rows}) == 2


async def test_an_untrusted_proxy_is_not_believed(tmp_path: Path) -> None:
    async with a_house(tmp_path, trusted_proxies=()) as house:
        for client in ("203.0.113.7", "203.0.113.8"):
            await house.scan(code_of(house.batches.active, 5), **{"X-Forwarded-For": client})
        rows = await house.ledger.scans.list_of_stamp(house.batches.active, 5)
    assert len({row.net for row in rows}) == 1


async def test_cookies_are_secure_where_the_service_is_public(trusting: House) -> None:
    response = await trusting.scan(code_of(trusting.batches.active, 6))
    assert "; Secure" in response.headers["Set-Cookie"]


async def test_a_stamp_under_another_gtin_is_unknown(trusting: House) -> None:
    code = code_of(trusting.batches.active, 7)
    assert (await trusting.get(f"/01/08935000000014/21/{code}", **PHONE)).status == 200
    assert (await trusting.get(f"/S/{code}", **PHONE)).status == 200
    for path, status in (
        (f"/01/08935000000021/21/{code}", 404),
        (f"/01/08935000000021/22/A/10/L1/21/{code}/", 404),
        (f"/01/08935000000021/235/{code}", 404),
        (f"/01/8935000000021/21/{code}", 400),
        (f"/01/00000000000000/21/{code}", 404),
    ):
        for form in (PHONE, JSON):
            assert (await trusting.get(path, **form)).status == status, path


async def test_the_published_keys_check_a_stamp_offline(house: House) -> None:
    response = await house.get("/.well-known/veritem-keys.json")
    assert response.content_type == "application/jwk-set+json"
    assert "max-age" in response.headers["Cache-Control"]
    code = code_of(house.batches.active, 1)
    PublicKeys.from_jwks(json.loads(await response.text())).verify(code, signature_of(code))


async def test_the_resolver_describes_itself_as_gs1_asks(trusting: House) -> None:
    told = await (await trusting.get("/.well-known/gs1resolver")).json()
    assert told["resolverRoot"] == "https://veritem.vn"
    assert {"00", "01", "414", "8006"} <= set(told["supportedPrimaryKeys"])
    assert told["supportedLinkType"] == [
        {"namespace": "https://ref.gs1.org/voc/", "prefix": "gs1:"}
    ]


async def test_crawlers_are_excluded_and_health_is_reported(house: House) -> None:
    assert "Disallow: /S/" in await (await house.get("/robots.txt")).text()
    assert await (await house.get("/health/live")).json() == {"status": "live"}
    ready = await house.get("/health/ready")
    assert (ready.status, (await ready.json())["status"]) == (200, "ready")


async def test_a_service_that_can_not_record_is_not_ready(house: House) -> None:
    house.clock.pass_minutes(1)  # the ledger was last heard a minute ago
    object.__setattr__(house.dependencies.batch_cache.notifications, "_poll_seconds", 1000.0)
    await house.dependencies.journal.close()
    await house.serving.context.health.check()
    ready = await house.get("/health/ready")
    assert ready.status == 503
    assert (await ready.json())["journal"] == "down"


async def test_an_internal_error_reveals_nothing(house: House) -> None:
    path = f"/S/{code_of(house.batches.active, 1)}"
    assert (await house.get(path, **PHONE)).status == 200
    known = house.dependencies.batch_cache.get_cached(0, house.batches.active, 1)
    assert known is not None
    assert known.lot is not None
    for key in known.lot.rendered:
        known.lot.rendered[key] = "secret detail"  # no piece of any page
    page = await house.get(path, **PHONE)
    assert page.status == 500
    assert "secret" not in await page.text()
    told = await (await house.get(path, **JSON)).json()  # machines' answers go on
    assert told["verdict"] == "authentic"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("workers", 0),
        ("workers", 2),
        ("app_keys", ("nonsense",)),
        ("app_keys", ("a:boss:" + "0" * 64,)),
        ("app_keys", ("a:inspector:" + "0" * 64,)),
        ("trusted_proxies", ("10.0.0.0/99",)),
    ],
)
def test_wrong_settings_are_refused_by_name(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=field):
        ResolverSettings(**{field: value})
