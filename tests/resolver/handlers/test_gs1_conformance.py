"""The rules of the GS1-Conformant Resolver Standard, one row each, asked of the real service.

The rules and their order follow GS1's own test suite for resolvers and the conformance section of
the standard. What the service does otherwise is in ADR 0103 and is tested in `test_digital_link`.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import pytest
from requests.utils import parse_header_links
from yarl import URL

from tests.resolver.handlers.linked_house import (
    GLN,
    GTIN,
    ITEM,
    LINKS,
    LOT,
    OTHER,
    PLACE,
    ROOT,
    a_linked_house,
    link,
)
from tests.resolver.house import PHONE, House, code_of
from tests.traceability.links.linkset_schema import LINKSET_SCHEMA
from traceability.gs1_keys import QUALIFIERS

VOC = "https://ref.gs1.org/voc/"
LINKSET = "application/linkset+json"
CONTEXT = "http://www.w3.org/ns/json-ld#context"
KEYS = {
    "00": "389350000000000428",
    "01": GTIN,
    "253": f"{GLN}DOC1",
    "255": f"{GLN}0012",
    "401": "8935000CONS",
    "402": "89350000000000014",
    "414": "8935000000021",
    "415": "8935000000038",
    "417": "8935000000045",
    "8003": f"0{GLN}A7",
    "8004": "8935000ASSET",
    "8006": f"{GTIN}0102",
    "8010": "8935000PART",
    "8013": "8935000MODEL",
    "8017": "893500000000000010",
    "8018": "893500000000000010",
}
"""A value of each primary key under one GS1 Company Prefix."""


class Answer(NamedTuple):
    """What the service answered, redirects not followed."""

    status: int
    headers: Mapping[str, str]
    text: str
    document: Any


Check = Callable[[Answer], object]


def redirects(href: str) -> Check:
    return lambda answer: (
        answer.status == 307 and answer.headers["Location"] == f"https://kp.vn/{href}"
    )


def answers(status: int) -> Check:
    return lambda answer: answer.status == status


def is_linkset(answer: Answer) -> bool:
    LINKSET_SCHEMA.validate(answer.document)
    return answer.status == 200 and answer.headers["Content-Type"] == LINKSET


def has_link(rel: str, **attributes: str) -> Check:
    """Whether the Link header has a relation, as read by a parser that is not ours."""

    def check(answer: Answer) -> bool:
        links = parse_header_links(answer.headers.get("Link", ""))
        return any({"rel": rel, **attributes}.items() <= one.items() for one in links)

    return check


def has_header(name: str, *words: str) -> Check:
    return lambda answer: all(word in answer.headers[name] for word in words)


def anchors(*paths: str) -> Check:
    return lambda answer: (
        [level["anchor"] for level in answer.document["linkset"]]
        == [f"{ROOT}{path}" for path in paths]
    )


def one_default(answer: Answer) -> bool:
    """Exactly one default a level, with a title and no other attribute, and of a named type too."""
    return all(
        [set(one) for one in level[f"{VOC}defaultLink"]] == [{"href", "title"}]
        and any(
            level[f"{VOC}defaultLink"][0]["href"] == one["href"]
            for name, links in level.items()
            if name.startswith(VOC) and "default" not in name
            for one in links
        )
        for level in answer.document["linkset"]
    )


class Rule(NamedTuple):
    """A request and what the standard asks of the answer."""

    says: str
    target: str
    check: Check
    headers: Mapping[str, str] = {}
    method: str = "GET"


BY_TYPE = "If the requested type of link is available, the resolver redirects to it"
BAD = "A URI that is not conformant is answered 400"
CORS = {"Origin": "https://ref.gs1.org", "Access-Control-Request-Method": "GET"}
ASK = {"Accept": LINKSET}

RULES = (
    Rule("GET is supported", ITEM, redirects("vi")),
    Rule("HEAD is supported", ITEM, redirects("vi"), method="HEAD"),
    Rule("OPTIONS is supported", ITEM, answers(204), CORS, "OPTIONS"),
    Rule(
        "OPTIONS names the methods",
        ITEM,
        has_header("Access-Control-Allow-Methods", "GET", "HEAD", "OPTIONS"),
        CORS,
        "OPTIONS",
    ),
    Rule("CORS for redirects", ITEM, has_header("Access-Control-Allow-Origin", "*"), CORS),
    Rule("CORS for linksets", ITEM, has_header("Access-Control-Allow-Origin", "*"), ASK),
    Rule("CORS for errors", "/01/1", has_header("Access-Control-Allow-Origin", "*")),
    Rule("Other methods are refused", ITEM, answers(405), method="POST"),
    Rule(
        "The linkset is linked to when redirecting",
        f"{ITEM}?17=260930",
        has_link("linkset", url=f"{ROOT}{ITEM}?linkType=linkset", type=LINKSET),
    ),
    Rule("The linkset is linked to by OPTIONS", ITEM, has_link("linkset"), CORS, "OPTIONS"),
    Rule(
        "Links of other types are not in the Link header",
        ITEM,
        lambda answer: "gs1" not in answer.headers["Link"],
    ),
    Rule(BAD, f"{ITEM}/foo", answers(400)),
    Rule(BAD, f"/01/{GTIN[:-1]}5", answers(400)),
    Rule(BAD, f"{ITEM}/21/A/10/B", answers(400)),
    Rule(BAD, f"{ITEM}/17/260930", answers(400)),
    Rule(BAD, f"{ITEM}/99/ABC", answers(400)),
    Rule(BAD, f"{ITEM}/10/A/10/B", answers(400)),
    Rule(BAD, f"{ITEM}/foo", answers(400), ASK),
    Rule(BAD, f"{ITEM}/foo", answers(400), method="HEAD"),
    Rule("A stem is no part of our addresses", f"/x{ITEM}", answers(404)),
    Rule("Compressed Digital Links are refused", "/AQnYUc1gmiCNV4JGYgYpnAU", answers(400)),
    Rule("EPC binary strings are refused", "/eh30164596f40c0e5cbe991a83", answers(400)),
    Rule("EPC binary strings are refused", "/exMBZFlvQMDly-mRqD", answers(400), PHONE),
    Rule("A slash at the end is tolerated", f"{ITEM}/", redirects("vi")),
    Rule("A slash at the end is tolerated", f"{PLACE}/254/A/?a=b", redirects("place?a=b")),
    Rule("A slash in a value is no separator", LOT, redirects("lot")),
    Rule("A valid key of which nothing is known is 404", f"/01/{OTHER}", answers(404)),
    Rule("A valid key of which nothing is known is 404", f"/01/{OTHER}", answers(404), ASK),
    Rule("Unknown qualifiers walk up", f"{ITEM}/10/KL8G", redirects("vi")),
    Rule("Unknown qualifiers walk up", f"{PLACE}/254/KL8G", redirects("place")),
    Rule("Walking up is no redirect", f"{ITEM}/22/2A/10/L%2F7?linkType=linkset", is_linkset),
    Rule("The query string is passed on", f"{ITEM}?foo=bar", redirects("vi?foo=bar")),
    Rule(
        "The query string is passed on whole",
        f"{ITEM}?17=260930&flag&a=%2F&b=1&b=2",
        redirects("vi?17=260930&flag&a=%2F&b=1&b=2"),
    ),
    Rule("linkType=linkset does not redirect", f"{ITEM}?linkType=linkset", is_linkset),
    Rule("linkType=all of earlier releases", f"{ITEM}?linkType=all", is_linkset),
    Rule("Accept: application/linkset+json does not redirect", ITEM, is_linkset, ASK),
    Rule("Accept with linkType=all", f"{ITEM}?linkType=all", is_linkset, ASK),
    Rule("HEAD of a linkset", ITEM, has_header("Content-Type", LINKSET), ASK, "HEAD"),
    Rule("Accept: application/json", ITEM, is_linkset, {"Accept": "application/json"}),
    Rule(
        "A linkset links to its JSON-LD context",
        ITEM,
        has_link(CONTEXT, type="application/ld+json"),
        ASK,
    ),
    Rule(
        "JSON-LD has its context in it",
        ITEM,
        lambda answer: (
            answer.headers["Content-Type"] == "application/ld+json"
            and str(answer.document["@context"]).endswith("/linkset-context")
        ),
        {"Accept": "application/ld+json, application/json;q=0.5"},
    ),
    Rule("A linkset varies by Accept", ITEM, has_header("Vary", "Accept"), ASK),
    Rule(
        "A linkset has every level up to the key",
        f"{ITEM}/22/2A/10/L%2F7",
        anchors(LOT, ITEM),
        ASK,
    ),
    Rule("One default link a level, with a title alone", LOT, one_default, ASK),
    Rule(
        "Links of the default's type are its variants",
        ITEM,
        lambda answer: len(answer.document["linkset"][0][f"{VOC}defaultLinkMulti"]) == 2,
        ASK,
    ),
    Rule("A browser sees all links as a page", f"{ITEM}?linkType=linkset", answers(200), PHONE),
    Rule("The default without a preference", ITEM, redirects("vi"), {"Accept": "*/*"}),
    Rule("The default for an unknown language", ITEM, redirects("vi"), {"Accept-Language": "de"}),
    Rule(BY_TYPE, f"{ITEM}?linkType=gs1:pip", redirects("vi?linkType=gs1:pip")),
    Rule(
        BY_TYPE,
        f"{ITEM}?linkType={VOC}recipeInfo",
        redirects(f"recipe?x=1&linkType={VOC}recipeInfo#top"),
    ),
    Rule(BY_TYPE, f"{LOT}?linkType=gs1:pip", redirects("vi?linkType=gs1:pip")),
    Rule(
        "An encoded CURIE is the same type",
        f"{ITEM}?linkType=gs1%3Apip",
        redirects("vi?linkType=gs1%3Apip"),
    ),
    Rule("The type wins over HTML", f"{ITEM}?linkType=gs1:hasRetailers", answers(300), PHONE),
    Rule("A type without a link is 404", f"{ITEM}?linkType=gs1:safetyInfo", answers(404)),
    Rule("A type that GS1 has not is 404", f"{ITEM}?linkType=gs1:nosuchlt", answers(404)),
    Rule("A type that GS1 has not is 404", f"{ITEM}?linkType=schema:name", answers(404)),
    *(
        Rule(f"Accept-Language: {wish}", ITEM, redirects(href), {"Accept-Language": wish})
        for wish, href in (
            ("en", "en"),
            ("en-GB,en;q=0.9,en-US;q=0.8", "en"),
            ("en-IE;q=0.2, vi;q=0.9", "vi"),
            ("vi;q=0, en;q=0.1", "en"),
            ("fr-BE, fr;q=0.8, en;q=0.1", "en"),
            ("*", "vi"),
            ("en;q=nonsense", "vi"),
        )
    ),
    Rule(
        "What a request does not decide is 300 with a linkset of the choices",
        f"{ITEM}?linkType=gs1:hasRetailers",
        lambda answer: (
            LINKSET_SCHEMA.is_valid(answer.document)
            and answer.status == 300
            and len(answer.document["linkset"][0][f"{VOC}hasRetailers"]) == 2
            and has_link("linkset")(answer)
        ),
    ),
    Rule("The query of a key is checked", f"{ITEM}?17=269930", answers(400)),
    Rule("A qualifier is no attribute", f"{ITEM}?10=L7", answers(400)),
    *(
        Rule(f"({ai}) is a primary key", f"/{ai}/{value}?linkType=gs1:pip", answers(307))
        for ai, value in KEYS.items()
    ),
)


async def ask(house: House, rule: Rule) -> Answer:
    url = URL(house.serving.url + rule.target, encoded=True)
    async with house.session.request(
        rule.method, url, headers=dict(rule.headers), allow_redirects=False
    ) as response:
        return await read_answer(response)


async def read_answer(response: aiohttp.ClientResponse) -> Answer:
    text = await response.text()
    document = await response.json(content_type=None) if text.startswith("{") else None
    return Answer(response.status, response.headers, text, document)


@pytest.fixture
async def linked(tmp_path: Path) -> AsyncIterator[House]:
    keys = {f"/{ai}/{value}": [link(f"key-{ai}")] for ai, value in KEYS.items()}
    async with a_linked_house(tmp_path, {**keys, **LINKS}) as house:
        yield house


async def test_the_service_keeps_the_rules_of_the_standard(linked: House) -> None:
    broken = []
    for rule in RULES:
        answer = await ask(linked, rule)
        if not rule.check(answer):
            broken.append((rule.says, rule.method, rule.target, answer))
    assert broken == []


async def test_the_description_names_every_primary_key_with_its_qualifiers(linked: House) -> None:
    answer = await ask(linked, Rule("", "/.well-known/gs1resolver", answers(200)))
    told = answer.document
    assert set(told["supportedPrimaryKeys"]) == set(KEYS) == set(QUALIFIERS)
    assert told["resolverRoot"] == ROOT
    assert URL(told["jsonLdContextLocation"]).scheme == "https"
    assert told["linkTypeDefaultCanBeLinkset"] is False
    for ai, sequences in QUALIFIERS.items():
        for sequence in sequences:
            values = {"7040": "1ABC", "8011": "5", "8019": "7"}
            more = "".join(f"/{one}/{values.get(one, 'A1')}" for one in sequence)
            target = f"/{ai}/{KEYS[ai]}{more}?linkType=gs1:pip"
            assert (await ask(linked, Rule("", target, answers(307)))).status == 307, target


async def test_the_linkset_of_a_stamp_has_its_verdict_and_the_links_of_its_item(
    linked: House,
) -> None:
    for code in (code_of(linked.batches.active, 1), "0" * 20):
        stamp = f"{ITEM}/21/{code}"
        for target, headers in ((stamp, ASK), (f"{stamp}?linkType=linkset", {})):
            answer = await ask(linked, Rule("", target, is_linkset, headers))
            assert is_linkset(answer)
            assert anchors(stamp, ITEM)(answer)
            first = answer.document["linkset"][0]
            assert first[f"{VOC}verificationService"][0]["href"] == f"{ROOT}/S/{code}"
            assert first["itemDescription"] == f"(01){GTIN}(21){code}"
            assert one_default(answer)
    foreign = await ask(linked, Rule("", f"{ITEM}/21/A-7?linkType=linkset", is_linkset))
    assert anchors(ITEM)(foreign)
