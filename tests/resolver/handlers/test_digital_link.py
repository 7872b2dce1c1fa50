"""Digital Links that name no stamp lead to the links of their key (GS1-Conformant Resolver)."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import aiohttp
import pytest
from yarl import URL

from resolver.links import directory
from tests.resolver.handlers.linked_house import (
    GLN,
    GTIN,
    ITEM,
    LOT,
    OTHER,
    PLACE,
    a_linked_house,
    link,
    publish,
)
from tests.resolver.house import JSON, PHONE, House, code_of
from traceability.links.anchor import name_link_set

LINKSET = {"Accept": "application/linkset+json"}
PIP = "https://ref.gs1.org/voc/pip"
CURL = {"Accept": "*/*"}


@pytest.fixture
async def linked(tmp_path: Path) -> AsyncIterator[House]:
    async with a_linked_house(tmp_path) as house:
        yield house


def leads_to(response: aiohttp.ClientResponse) -> str:
    assert response.status == 307, response.status
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    return response.headers["Location"].removeprefix("https://kp.vn/")


async def test_a_key_leads_to_its_default_link_or_the_type_asked_for(linked: House) -> None:
    for target, headers, leads in (
        (ITEM, CURL, "vi"),
        (f"{ITEM}/", {}, "vi"),
        (ITEM, {"Accept-Language": "en-GB,en;q=0.8,vi;q=0.1"}, "en"),
        (ITEM, {"Accept-Language": "vi;q=0, *;q=0.5"}, "en"),
        (ITEM, {"Accept-Language": "fr"}, "vi"),
        (ITEM, PHONE, "vi"),
        (f"{ITEM}?linkType=gs1:recipeInfo", PHONE, "recipe?x=1&linkType=gs1:recipeInfo#top"),
        (
            f"{ITEM}?linkType=https://gs1.org/voc/recipeInfo",
            JSON,
            "recipe?x=1&linkType=https://gs1.org/voc/recipeInfo#top",
        ),
        (f"{ITEM}?17=260930&utm_source=zalo", {}, "vi?17=260930&utm_source=zalo"),
        (LOT, {}, "lot"),
        (f"{LOT}?linkType=gs1:pip", {}, "vi?linkType=gs1:pip"),
        (f"{ITEM}/22/2A/10/L%2f7", {}, "lot"),
        (f"{ITEM}/10/OTHER", {}, "vi"),
        (f"{PLACE}/254/DOOR-1", {}, "place"),
    ):
        response = await linked.get(target, **headers)
        assert leads_to(response) == leads, target
        head = await linked.session.head(
            linked.serving.url + target, headers=headers, allow_redirects=False
        )
        assert (head.status, head.headers["Location"]) == (307, response.headers["Location"])
    assert response.headers["Link"] == (
        f'<https://veritem.vn{PLACE}/254/DOOR-1?linkType=linkset>; rel="linkset"; '
        'type="application/linkset+json"'
    )


async def test_all_links_of_a_key_are_a_linkset(linked: House) -> None:
    for target, headers in (
        (LOT, LINKSET),
        (f"{LOT}?linkType=linkset", CURL),
        (f"{LOT}?linkType=all", {}),
        (LOT, JSON),
    ):
        response = await linked.get(target, **headers)
        assert (response.status, response.content_type) == (200, "application/linkset+json")
        assert 'rel="http://www.w3.org/ns/json-ld#context"' in response.headers["Link"]
        levels = (await response.json())["linkset"]
        assert [level["anchor"] for level in levels] == [
            f"https://veritem.vn{LOT}",
            f"https://veritem.vn{ITEM}",
        ]
        assert [one["href"] for one in levels[1][PIP]] == ["https://kp.vn/vi", "https://kp.vn/en"]
        assert levels[1]["https://ref.gs1.org/voc/defaultLink"] == [
            {"href": "https://kp.vn/vi", "title": "Tiêu đề vi"}
        ]
    refused = "application/linkset+json;q=0, text/html"
    assert leads_to(await linked.get(ITEM, Accept=refused)) == "vi"
    several = await linked.get(f"{ITEM}?linkType=gs1:hasRetailers")
    [choices] = (await several.json())["linkset"]
    assert several.status == 300
    assert len(choices["https://ref.gs1.org/voc/hasRetailers"]) == 2


async def test_people_see_all_links_as_a_page(linked: House) -> None:
    english = {**PHONE, "Accept-Language": "en"}
    page = await linked.get(f"{LOT}?linkType=linkset", **english)
    text = await page.text()
    assert (page.status, page.content_type) == (200, "text/html")
    for words in ("Links of this key", "Traceability", 'href="https://kp.vn/recipe?x=1#top"'):
        assert words in text
    assert "gone.vn" not in text
    assert 'href="?linkType=linkset&amp;lang=zh"' in text
    several = await linked.get(f"{ITEM}?linkType=gs1:hasRetailers", **english)
    text = await several.text()
    assert (several.status, "retail-b" in text, "recipe" in text) == (300, True, False)


async def test_a_stamp_s_address_leads_to_its_verdict(linked: House) -> None:
    code = code_of(linked.batches.active, 1)
    stamp = f"{ITEM}/21/{code}"
    page = await linked.get(stamp, **PHONE)
    assert (page.status, page.content_type) == (200, "text/html")
    assert (await (await linked.get(stamp, **JSON)).json())["verdict"] == "authentic"
    response = await linked.get(stamp, **LINKSET)
    levels = (await response.json())["linkset"]
    assert [level["anchor"] for level in levels] == [
        f"https://veritem.vn{stamp}",
        f"https://veritem.vn{ITEM}",
    ]
    assert leads_to(await linked.get(f"{stamp}?linkType=gs1:recipeInfo", **PHONE)).startswith("rec")
    verdict = await linked.get(f"{stamp}?linkType=gs1:verificationService", **PHONE)
    asked = "?linkType=gs1:verificationService"
    assert verdict.headers["Location"] == f"https://veritem.vn/S/{code}{asked}"
    assert (await linked.get(f"/S/{code}{asked}", **PHONE)).status == 200
    # A stamp that nobody issued is told from a genuine one by its verdict alone.
    made_up = f"{ITEM}/21/{'0' * 20}"
    assert (await linked.get(made_up, **PHONE)).status == 404
    assert len((await (await linked.get(made_up, **LINKSET)).json())["linkset"]) == 2


async def test_what_is_no_digital_link_is_400_and_what_has_no_link_404(linked: House) -> None:
    for target, status in (
        (f"/01/{OTHER}", 404),
        ("/00/389350000000000428", 404),
        (f"/01/{GTIN[:-1]}5", 400),
        (f"/01/{GLN}", 400),
        (f"{ITEM}/21/A/10/B", 400),
        (f"{ITEM}/254/A", 400),
        (f"{ITEM}/10", 400),
        (f"{PLACE}/21/A", 400),
        (f"{ITEM}/414/{GLN}", 400),
        (f"{ITEM}?17=269930", 400),
        (f"{ITEM}?10=L7", 400),
        ("/01", 400),
        ("/8004/", 400),
        (f"{ITEM}/10/{'A' * 21}", 400),
        (f"{ITEM}/10/{'A' * 2000}", 414),
        (f"{ITEM}/10/%0D%0ALocation:x", 400),
    ):
        for headers in (PHONE, JSON, LINKSET):
            response = await linked.get(target, **headers)
            assert response.status == status, target
            if status != 414:
                assert response.headers["Access-Control-Allow-Origin"] == "*"
    for name in ("gs1:epcis", "gs1:nonsense", "evil:%0d"):
        assert (await linked.get(f"{ITEM}?linkType={name}", **JSON)).status in (400, 404)
    problem = await (await linked.get(f"/01/{GTIN[:-1]}5", **JSON)).json()
    assert "check digit" in problem["why"]


async def test_pages_of_other_origins_may_follow_links(linked: House) -> None:
    for target in (ITEM, f"{ITEM}/21/{code_of(linked.batches.active, 1)}"):
        response = await linked.session.options(linked.serving.url + target)
        assert response.status == 204
        assert response.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    assert (await linked.session.post(linked.serving.url + ITEM)).status == 405


async def test_no_request_decides_where_a_link_leads(linked: House) -> None:
    port = int(linked.serving.url.rpartition(":")[2])
    for target in (
        f"{ITEM}?x=%0D%0ASet-Cookie:a=b",
        f"{ITEM}?linkType=gs1:pip&linkType=evil&context=%0A",
        f"{ITEM}?next=https://evil.example/&url=//evil.example",
        f"{ITEM}?{'a' * 900}",
        f"{ITEM}?a#@evil.example/",
        f"http://evil.example{ITEM}?a=b",
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        request = f"GET {target} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
        writer.write(request.encode())
        head = (await reader.read()).decode().partition("\r\n\r\n")[0].splitlines()
        writer.close()
        assert head[0].startswith("HTTP/1.1 307 "), target
        [location] = [line for line in head if line.lower().startswith("location:")]
        assert location.startswith("Location: https://kp.vn/vi?"), location
        assert not any(line.lower().startswith("set-cookie") for line in head)
        [told] = [line for line in head if line.startswith("Link:")]
        assert "evil" not in told


async def test_tricks_with_slashes_and_letters_lead_nowhere(linked: House) -> None:
    for path, status in (
        (f"//evil.example{ITEM}", 404),
        (f"/%2F%2Fevil.example{ITEM}", 404),
        (f"{ITEM}//evil.example", 400),
        (f"{ITEM}/10//evil.example/", 400),
        (f"{ITEM}/..//evil.example/", 400),
        (f"{ITEM}/10/%2F%2Fevil.example", 307),  # a lot number may have slashes
        (f"{ITEM}/10/..", 307),
        (f"{ITEM}/10/\\evil.example", 400),
        (f"{ITEM}/10/%5Cevil.example", 400),
        (f"{ITEM}/10/%E2%80%AE7", 400),
        ("/01/\uff10\uff18\uff19\uff13\uff15000000014", 400),
        ("/01/%D9%A08935000000014", 400),
        (f"/\uff10\uff11/{GTIN}", 404),
        (f"{ITEM}?a=%E2%80%A8%0Ab&//evil.example", 307),
        (f"{ITEM}?@evil.example/", 307),
        (f"{ITEM}?a=\u202e\u2028", 307),
        (f"{ITEM}?linkType=https://evil.example/pip", 404),
        (f"{ITEM}?linkType=linkset&linkType=//evil.example", 200),
    ):
        url = linked.serving.url + quote(path, safe="/%?&=@:\\")
        for method in ("GET", "HEAD"):
            response = await linked.session.request(
                method, URL(url, encoded=True), allow_redirects=False
            )
            assert response.status == status, path
            if status == 307:
                location = response.headers["Location"]
                assert location.startswith("https://kp.vn/vi"), location
                assert location.isascii()
            assert "evil" not in response.headers.get("Link", "").replace("%2Fevil", "")


async def test_an_edit_reaches_the_public_and_a_host_taken_back_is_left_out(linked: House) -> None:
    assert leads_to(await linked.get(ITEM)) == "vi"
    assert (await linked.get(f"/01/{OTHER}")).status == 404
    ledger = linked.ledger
    row = await ledger.link_sets.get(name_link_set(ITEM))
    new = replace(row, links=[link("new").to_document()])
    await ledger.link_sets.replace(new, version=1, actor="mai")
    await publish(ledger, f"/01/{OTHER}", [link("other")])
    await _wait_for(linked, ITEM, "new")
    await _wait_for(linked, f"/01/{OTHER}", "other")
    owner = await ledger.key_owners.get("kp")
    await ledger.key_owners.replace(replace(owner, hosts=()), seen=owner, actor="an")
    await _wait_for(linked, ITEM, "")
    assert (await linked.get(PLACE)).status == 404


async def _wait_for(house: House, target: str, leads: str) -> None:
    async with asyncio.timeout(5):
        while True:
            response = await house.get(target)
            if response.headers.get("Location", "").removeprefix("https://kp.vn/") == leads:
                return
            await asyncio.sleep(0.02)


async def test_floods_of_made_up_keys_cost_no_query(
    linked: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, ...]] = []
    link_sets = linked.ledger.link_sets
    get_published = link_sets.get_published

    async def count(ids: tuple[str, ...]):  # type: ignore[no-untyped-def]
        asked.append(ids)
        await asyncio.sleep(0.05)
        return await get_published(ids)

    monkeypatch.setattr(link_sets, "get_published", count)
    answers = await asyncio.gather(*(linked.get(ITEM) for _ in range(20)))
    assert {leads_to(answer) for answer in answers} == {"vi"}
    assert len(asked) == 1
    for number in range(200):
        network = {"X-Forwarded-For": f"203.0.113.{number % 10}"}
        assert (await linked.get(f"/401/8935{number}", **network)).status == 404
        assert leads_to(await linked.get(f"{ITEM}/10/{number}", **network)) == "vi"
    assert len(asked) == 1


async def test_a_full_index_leaves_a_budget_for_each_network(
    linked: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory, "MOST_INDEXED", 1)
    limit = linked.serving.context.link_limit
    object.__setattr__(limit, "_per_minute", 3)
    network = {"X-Forwarded-For": "203.0.113.9"}
    statuses = [(await linked.get(f"/401/8935{n}", **network)).status for n in range(5)]
    assert statuses == [404, 404, 404, 429, 429]
    assert (await linked.get("/401/89350", **network)).status == 404  # kept: it has none
    assert leads_to(await linked.get(ITEM, **{"X-Forwarded-For": "203.0.113.8"})) == "vi"
