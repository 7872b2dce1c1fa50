"""What a link may be, and which link answers a request."""

from dataclasses import replace
from typing import Any

import orjson
import pytest
from jsonschema_rs import ValidationError

from tests.traceability.links.linkset_schema import LINKSET_SCHEMA
from traceability.links.anchor import list_anchors_above
from traceability.links.choice import LinkWish, choose_link
from traceability.links.link_set import (
    LONGEST_ADDRESS,
    LONGEST_TITLE,
    MOST_LINKS,
    LinkSet,
    LinkTarget,
    MalformedLink,
    check_host,
    check_link,
)
from traceability.links.linkset_document import DEFAULT, DEFAULT_MULTI, make_choices, make_linkset
from web.quality_values import parse_quality_values

HOSTS = ("tanphuoc.vn", "www.tanphuoc.vn")
LINK = LinkTarget("gs1:pip", "https://tanphuoc.vn/ri6?a=1#top", "Sầu riêng Ri6")


def test_a_link_is_put_into_canonical_form() -> None:
    link = replace(LINK, title=" Ri6 ", hreflang=("vi", "zh-Hans", "vi"), media_type="Text/HTML ")
    assert check_link(link, HOSTS) == LinkTarget(
        "pip", LINK.href, "Ri6", ("vi", "zh-Hans"), "text/html"
    )


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "http://tanphuoc.vn/",
        "//tanphuoc.vn/",
        "https:tanphuoc.vn",
        "https:///tanphuoc.vn",
        "https://evil.example/",
        "https://tanphuoc.vn.evil.example/",
        "https://eviltanphuoc.vn/",
        "https://tanphuoc.vn@evil.example/",
        "https://evil.example\\@tanphuoc.vn/",
        "https://evil.example#@tanphuoc.vn/",
        "https://user:pw@tanphuoc.vn/",
        "https://tanphuoc.vn:8443/",
        "https://tanphuoc。vn/",
        "https://tanphuọc.vn/",
        "https://tanphuoc.vn\u200b/",
        "https://tanphuoc.vn%2eevil.example/",
        "https://xn--tanphuoc-.vn/",
        "https://TANPHUOC.VN.evil.example/",
        "https://tanphuoc.vn:443/",
        "https://tanphuoc.vn:/",
        "https://10.0.0.1/",
        "https://[::1]/",
        "https://localhost/",
        "https://tanphuoc.vn/\r\nSet-Cookie: a=b",
        "https://tanphuoc.vn/ a",
        "https://tanphuoc.vn/\u200b",
        "https://tanphuoc.vn/\u0111",
        "https://t\u0430nphuoc.vn/",
        "https://tanphuoc.vn/" + "a" * 1000,
        "",
    ],
)
def test_no_link_leads_to_another_place_than_a_stated_host(href: str) -> None:
    with pytest.raises(MalformedLink) as refused:
        check_link(replace(LINK, href=href), HOSTS)
    assert refused.value.field == "href"


def test_all_flaws_of_a_link_are_named_at_once() -> None:
    link = LinkTarget("gs1:x", "ftp://a", "\u202e", ("english!",), "html", ("a b",))
    with pytest.raises(MalformedLink) as refused:
        check_link(link, HOSTS)
    named = [flaw["field"] for flaw in refused.value.flaws]
    assert named == ["type", "href", "title", "hreflang", "media_type", "context"]


@pytest.mark.parametrize(
    "host", ["", "vn", "localhost", "10.0.0.1", "1.2.3", "a.local", "a.vn/x", "a.vn:8443", "u@a.vn"]
)
def test_only_public_names_are_hosts(host: str) -> None:
    with pytest.raises(MalformedLink):
        check_host(host)


def a_set(*links: LinkTarget, anchor: str = "/01/1") -> LinkSet:
    return LinkSet(anchor, "", links)


def link(path: str, *languages: str, type_: str = "pip", **more: Any) -> LinkTarget:
    return LinkTarget(type_, f"https://tanphuoc.vn/{path}", path, languages, **more)


def choose(*levels: LinkSet, type_: str | None = None, context: str | None = None, **accept: str):  # type: ignore[no-untyped-def]
    weights = {name: parse_quality_values(text) for name, text in accept.items()}
    found = choose_link(levels, LinkWish(type_, context=context, **weights))
    return None if found is None else [one.title for one in found.links]


VI, EN, ZH = link("vi", "vi"), link("en", "en"), link("zh", "zh-Hans")


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        ("", "vi"),
        ("en", "en"),
        ("en-GB,en;q=0.9,vi;q=0.8", "en"),
        ("vi-VN,vi;q=0.9,en;q=0.5", "vi"),
        ("zh-CN", "zh"),
        ("fr", "vi"),
        ("fr, en;q=0.1", "en"),
        ("vi;q=0, *", "en"),
        ("vi;q=0", "en"),
        ("*", "vi"),
        ("en;q=0, vi;q=0, zh;q=0", "vi"),
        (";;q=,", "vi"),
    ],
)
def test_the_default_loses_to_a_link_in_the_reader_s_language(header: str, chosen: str) -> None:
    assert choose(a_set(VI, EN, ZH), languages=header) == [chosen]


def test_media_type_precedes_language_and_a_link_without_one_is_a_page() -> None:
    pdf = link("pdf", "en", media_type="application/pdf")
    data = link("data", media_type="application/json")
    links = a_set(VI, pdf, data)
    browser = "text/html,application/xhtml+xml,*/*;q=0.8"
    assert choose(links, media_types=browser, languages="en") == ["vi"]
    assert choose(links, media_types="application/json", languages="vi") == ["data"]
    assert choose(links, media_types="application/pdf;q=0, application/*") == ["data"]


def test_a_context_chooses_among_links_of_one_type() -> None:
    links = a_set(link("all"), link("vn", context=("VN",)), link("us", context=("US",)))
    assert choose(links, context="vn") == ["vn"]
    assert choose(links, context="FR") == ["all"]
    assert choose(links) == ["all"]


def test_a_type_is_sought_up_to_the_level_that_has_it() -> None:
    lot, item = a_set(link("lot")), a_set(link("item"), link("video", type_="relatedVideo"))
    assert choose(lot, item) == ["lot"]
    assert choose(lot, item, type_="relatedVideo") == ["video"]
    assert choose(lot, item, type_="recipeInfo") is None
    assert choose(a_set(), item) == ["item"]
    assert choose() is None


def test_what_a_request_does_not_decide_is_answered_with_all_that_are_equal() -> None:
    shops = [
        link(name, *tags, type_="hasRetailers") for name, *tags in (("a",), ("b",), ("c", "en"))
    ]
    links = a_set(link("item"), link("other"), *shops)
    assert choose(links, type_="hasRetailers") == ["a", "b", "c"]
    assert choose(links, type_="hasRetailers", languages="fr") == ["a", "b"]
    assert choose(links, type_="hasRetailers", languages="en") == ["c"]
    assert choose(links) == choose(links, type_="pip") == ["item"]


def test_a_linkset_has_each_level_with_its_default() -> None:
    level = LinkSet("/01/1/10/L", "Lô L", (VI, replace(EN, context=("VN",), media_type="a/b")))
    linkset = make_linkset([level, a_set(anchor="/01/1")], "https://veritem.vn")
    assert linkset == {
        "linkset": [
            {
                "anchor": "https://veritem.vn/01/1/10/L",
                "itemDescription": "Lô L",
                "https://ref.gs1.org/voc/pip": [
                    {
                        "href": "https://tanphuoc.vn/vi",
                        "title": "vi",
                        "hreflang": ["vi"],
                    },
                    {
                        "href": "https://tanphuoc.vn/en",
                        "title": "en",
                        "type": "a/b",
                        "hreflang": ["en"],
                        "context": ["VN"],
                    },
                ],
                DEFAULT: [{"href": "https://tanphuoc.vn/vi", "title": "vi"}],
                DEFAULT_MULTI: linkset["linkset"][0]["https://ref.gs1.org/voc/pip"],
            }
        ]
    }
    choices = make_choices(level, [EN], "https://veritem.vn")
    [context] = choices["linkset"]
    assert list(context) == ["anchor", "itemDescription", "https://ref.gs1.org/voc/pip"]


def test_linksets_are_valid_under_the_schema_of_gs1() -> None:
    tags = ("vi", "zh-Hans", "zh-Hant-TW", "en-GB", "fil", "es-419")
    links = (
        link("all", *tags, media_type="application/ld+json", context=("VN", "US")),
        *a_set(VI).links,
    )
    levels = [LinkSet("/01/1/10/L%2F7", "", links), LinkSet("/01/1", "Ri6", links[1:])]
    linkset = make_linkset(levels, "https://veritem.vn")
    for document in (linkset, make_choices(levels[0], links, "https://veritem.vn")):
        LINKSET_SCHEMA.validate(document)
        assert document["linkset"][0]["itemDescription"] == "(01)1(10)L/7"
    [shown] = linkset["linkset"][0]["https://ref.gs1.org/voc/pip"][:1]
    assert shown["hreflang"] == ["vi", "zh", "zh-TW", "en-GB", "es"]
    for spoiled in ({"title*": []}, {"hreflang": ["zh-Hans"]}, {"title": 7}):
        with pytest.raises(ValidationError):
            LINKSET_SCHEMA.validate(
                {"linkset": [{**linkset["linkset"][1], "item": [{**shown, **spoiled}]}]}
            )


def test_the_largest_linkset_is_bounded() -> None:
    """40 links as long as they may be, at each of the four levels that a trade item has."""
    largest = replace(
        LINK,
        type="consumerHandlingStorageInfo",
        href=f"https://tanphuoc.vn/{'a' * (LONGEST_ADDRESS - 20)}",
        title="ầ" * LONGEST_TITLE,
        hreflang=tuple(f"a{letter}-VN" for letter in "abcdefghij"),
        media_type=f"application/{'a' * 100}",
        context=tuple(f"{n}{'A' * 31}" for n in range(10)),
    )
    links = (check_link(largest, HOSTS),) * MOST_LINKS
    anchors = list_anchors_above("/01/08935000000014/22/A/10/L7")
    linkset = make_linkset(
        [LinkSet(one, "ầ" * 120, links) for one in anchors], "https://veritem.vn"
    )
    assert 500_000 < len(orjson.dumps(linkset)) < 1_000_000
