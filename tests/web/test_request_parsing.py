import asyncio

import pytest

from web.errors import BodyTimeout, CrossSite, MalformedBody, UnsupportedMedia
from web.request_parsing import (
    Negotiator,
    Preferences,
    body_deadline,
    check_content_encoding,
    check_origin,
    parse_form,
    parse_json_object,
)

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def negotiate(
    accept: str = "", encoding: str = "", language: str = "", query: str = ""
) -> Preferences:
    return Negotiator().negotiate(
        accept=accept, accept_encoding=encoding, accept_language=language, query=query
    )


@pytest.mark.parametrize(
    ("accept", "json", "page"),
    [
        ("", False, False),
        ("*/*", False, False),
        (BROWSER, False, True),
        ("application/json", True, False),
        ("application/json, text/plain, */*", True, False),
        ("application/problem+json", True, False),
        ("text/html, application/json", False, True),
        ("text/html;q=0.5, application/json", True, False),
        ("application/json;q=0", False, False),
        ("application/json;q=0, text/html;q=0", False, False),
        ("text/json-ish", False, False),
    ],
)
def test_json_is_for_those_who_name_it_and_prefer_it(accept: str, json: bool, page: bool) -> None:
    preferences = negotiate(accept)
    assert (preferences.json, preferences.page) == (json, page)


@pytest.mark.parametrize(
    ("header", "gzip"),
    [
        ("", False),
        ("gzip", True),
        ("br, GZIP;q=0.1", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("*", True),
        ("*;q=0", False),
        ("gzip;q=0, *", False),
        ("identity;q=1, br", False),
        ("notgzip", False),
    ],
)
def test_an_answer_is_compressed_only_where_that_is_accepted(header: str, gzip: bool) -> None:
    assert negotiate(encoding=header).gzip is gzip


def test_the_switch_goes_before_the_browsers_language() -> None:
    assert negotiate(language="en").language == "en"
    assert negotiate(language="en", query="lang=zh").language == "zh"
    assert negotiate(language="fr").language == "vi"


def test_a_body_with_a_content_coding_is_unsupported() -> None:
    check_content_encoding("")
    check_content_encoding("Identity")
    for coding in ("gzip", "br", "identity, gzip", "x"):
        with pytest.raises(UnsupportedMedia):
            check_content_encoding(coding)


@pytest.mark.parametrize(
    ("site", "origin", "is_foreign"),
    [
        (None, None, False),
        ("same-origin", "https://evil.example", False),
        ("none", None, False),
        ("same-site", None, True),
        ("cross-site", None, True),
        (None, "https://veritem.vn", False),
        (None, "https://evil.example", True),
        (None, "null", True),
    ],
)
def test_the_page_of_another_site_is_recognised(
    site: str | None, origin: str | None, is_foreign: bool
) -> None:
    if is_foreign:
        with pytest.raises(CrossSite):
            check_origin(site, origin, ("veritem.vn",))
    else:
        check_origin(site, origin, ("veritem.vn",))


@pytest.mark.parametrize("body", [b"", b"[]", b"1", b"{", b"\xff"])
def test_a_body_that_is_no_json_object_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedBody):
        parse_json_object(body)


def test_a_form_has_a_bounded_number_of_fields() -> None:
    assert parse_form(b"a=1&b=%C3%A9&c=") == {"a": "1", "b": "é", "c": ""}
    with pytest.raises(MalformedBody):
        parse_form(b"&".join([b"a=1"] * 65))
    with pytest.raises(MalformedBody):
        parse_form(b"\xff=1")


async def test_a_body_that_takes_too_long_is_a_timeout() -> None:
    with pytest.raises(BodyTimeout, match=r"0\.01"):
        async with body_deadline(0.01):
            await asyncio.sleep(5)
