import base64
import gzip
from pathlib import Path

import pytest

from stamps.signature import decode_signature
from tests.resolver.house import JSON, PHONE, House, a_house, code_of, signature_of


def base64url_of(code: str) -> str:
    return base64.urlsafe_b64encode(decode_signature(signature_of(code))).decode().rstrip("=")


async def test_a_genuine_stamps_page_shows_its_origin_in_vietnamese(house: House) -> None:
    response = await house.get(f"/S/{code_of(house.batches.active, 3)}", **PHONE)
    page = await response.text()
    assert response.status == 200
    assert "Tem chính hãng" in page
    assert "Sầu riêng Ri6" in page
    assert "VN-ĐLOR-0123" in page
    assert 'lang="vi"' in page


@pytest.mark.parametrize(
    ("batch", "verdict"),
    [
        ("active", "authentic"),
        ("printed", "inactive"),
        ("void", "void"),
        ("suspended", "suspended"),
        ("recalled", "recalled"),
    ],
)
async def test_each_state_has_its_verdict(house: House, batch: str, verdict: str) -> None:
    response = await house.get(f"/s/{code_of(getattr(house.batches, batch), 0)}", **JSON)
    told = await response.json()
    assert (response.status, told["verdict"]) == (200, verdict)


async def test_past_the_shelf_life_a_stamp_is_expired(house: House) -> None:
    house.clock.pass_minutes(40 * 24 * 60)
    told = await (await house.get(f"/S/{code_of(house.batches.active, 0)}", **JSON)).json()
    assert told["verdict"] == "expired"


async def test_json_is_for_those_who_ask_and_has_the_designs_fields(house: House) -> None:
    code = code_of(house.batches.active, 1)
    response = await house.get(f"/S/{code}", **JSON)
    told = await response.json()
    assert response.content_type == "application/json"
    assert told["code"] == code
    assert told["state"] == "activated"
    assert told["history"] == {"first": None, "sessions": 0, "scans": 0}
    assert told["lot"]["growing_area"]["code"] == "VN-ĐLOR-0123"
    assert {"verdict", "reasons", "as_of"} <= told.keys()


async def test_looking_is_never_a_scan(house: House) -> None:
    code = code_of(house.batches.active, 2)
    for _ in range(5):
        await house.get(f"/S/{code}", **PHONE)
        await house.session.head(f"{house.serving.url}/S/{code}")
    told = await (await house.get(f"/S/{code}", **JSON)).json()
    assert told["history"]["scans"] == 0
    assert await house.ledger.scans.count() == 0


async def test_head_is_answered_like_get_without_a_body(house: House) -> None:
    response = await house.session.head(f"{house.serving.url}/S/{code_of(house.batches.active, 2)}")
    assert response.status == 200
    assert int(response.headers["Content-Length"]) > 4000
    assert await response.read() == b""


@pytest.mark.parametrize(
    ("header", "switch", "title"),
    [
        ("en-GB,en;q=0.9", "", "Genuine stamp"),
        ("zh-CN", "", "正品标签"),
        ("fr", "", "Tem chính hãng"),
        ("en", "?lang=vi", "Tem chính hãng"),
        ("vi", "?lang=zh", "正品标签"),
    ],
)
async def test_the_language_is_the_switchs_then_the_browsers_then_vietnamese(
    house: House, header: str, switch: str, title: str
) -> None:
    path = f"/S/{code_of(house.batches.active, 2)}{switch}"
    response = await house.get(path, **(PHONE | {"Accept-Language": header}))
    assert title in await response.text()


async def test_codes_typed_by_hand_are_forgiven_and_sent_to_their_own_address(house: House) -> None:
    code = code_of(house.batches.active, 4)
    typed = "-".join(code[n : n + 5] for n in range(0, 20, 5)).lower()
    assert (await house.get(f"/S/{typed}", **PHONE)).status == 200
    sent = await house.get(f"/S?code={typed.replace('-', '+')}&lang=en")
    assert (sent.status, sent.headers["Location"]) == (303, f"/S/{code}?lang=en")


async def test_a_signed_address_is_answered_and_a_false_signature_is_not_ours(house: House) -> None:
    code, other = code_of(house.batches.active, 5), code_of(house.batches.active, 6)
    good = signature_of(code)
    for _ in range(2):  # first and later sights
        assert (await house.get(f"/S/{code}.{good}", **PHONE)).status == 200
        assert (await house.get(f"/S/{other}.{good}", **PHONE)).status == 404
    assert (await house.get(f"/s/{code}.{good.lower()}", **PHONE)).status == 200


async def test_gs1_digital_links_lead_to_the_same_page(tmp_path: Path) -> None:
    async with a_house(tmp_path, gtin="08935000000014") as house:
        code = code_of(house.batches.active, 5)
        for path in (
            f"/01/08935000000014/21/{code}",
            f"/01/08935000000014/10/LOT1/21/{code}",
            f"/01/08935000000014/21/{code}?8030={signature_of(code)}",
            f"/01/08935000000014/21/{code}?8030={base64url_of(code)}&utm_source=zalo&17=x",
        ):
            assert "Tem chính hãng" in await (await house.get(path, **PHONE)).text()


async def test_pages_are_small_and_whole_in_one_response(house: House) -> None:
    url = f"{house.serving.url}/S/{code_of(house.batches.active, 5)}"
    async with house.session.get(url, headers=PHONE, auto_decompress=False) as response:
        body = await response.read()
    assert response.headers["Content-Encoding"] == "gzip"
    assert len(body) < 14_000
    page = gzip.decompress(body).decode()
    for outside in ("src=", "http://", "https://", "@import", "url("):
        assert outside not in page


async def test_pages_can_load_and_send_nothing_elsewhere(house: House) -> None:
    response = await house.get(f"/S/{code_of(house.batches.active, 5)}", **PHONE)
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in response.headers
