"""Every page that a link leads to: title, heading, breadcrumb, names, in three languages."""

import re
from collections import Counter, deque
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from lxml import html

from desk.pages.render import MENU
from tests.desk.busy_desk import make_busy
from tests.desk.people import Somebody, somebody
from tests.desk.running_desk import PEOPLE, RunningDesk, running_desk
from tests.ledger.conftest import TEMPLATE, migrated_postgres  # noqa: F401 - a fixture
from tests.servers import PostgresServer

pytestmark = pytest.mark.usefixtures("quick_passwords")

TOP = {"/", "/account", *(path for path, _, _ in MENU)}
"""Pages that no other page is above."""
ALIKE = 2
"""Pages of one form, and queries of one page, that are looked at for each person."""
KEY = re.compile(r"(?<![\w./@-])[a-z]+_[a-z_]+(?![\w(])|(?<![\w./@-])[a-z_]+\.[a-z_]+(?![\w./])")
"""A slug or the key of a text."""
IDS = re.compile(r"(?<![\w-])(krong-pac|tan-phuoc|in-mekong|in-hanoi|cap|bo|tri|mai)(?![\w-])")
"""Ids that have names. The words that are left out are words of Vietnamese too."""
DETAILS = "//small|//pre|//code|//script|//style|//svg|//*[@translate='no']|//*[@lang='en']"
"""Where ids and slugs may stand: beside the name, and in what is not translated."""


@dataclass
class Crawl:
    """What was seen, and what is wrong with it."""

    seen: set[str] = field(default_factory=set)
    flaws: dict[str, None] = field(default_factory=dict)

    def blame(self, who: str, path: str, what: str) -> None:
        self.flaws[f"{path}: {what} ({who})"] = None


def read_words(page: html.HtmlElement) -> str:
    """The text of a page without details."""
    for detail in page.xpath(DETAILS):
        if detail.getparent() is not None:  # it was not in another one
            detail.drop_tree()
    return " ".join(page.text_content().split())


def list_links(page: html.HtmlElement, path: str) -> list[str]:
    links = (urljoin(path, link) for link in page.xpath("//a/@href"))
    return [link for link in links if not urlsplit(link).netloc and "lang=" not in link]


def check_page(crawl: Crawl, who: str, path: str, page: html.HtmlElement) -> None:
    [title] = page.xpath("//head/title")  # parts of pictures have titles too
    headings = page.xpath("//h1")
    if len(headings) != 1 or not headings[0].text_content().strip():
        crawl.blame(who, path, f"{len(headings)} headings")
    if len(page.xpath("//main")) != 1:
        crawl.blame(who, path, "no single main part")
    if not title.text_content().strip().endswith("Veritem") or " · " not in title.text_content():
        crawl.blame(who, path, f"title {title.text_content()!r}")
    if urlsplit(path).path not in TOP and not page.xpath("//nav[@class='trail']//a"):
        crawl.blame(who, path, "no breadcrumb")
    for link in page.xpath("//a[not(normalize-space()) and not(@aria-label)]/@href"):
        crawl.blame(who, path, f"link without a text to {link}")
    words = read_words(page)
    if found := KEY.search(words):
        crawl.blame(who, path, f"slug {found[0]!r} in {words[max(0, found.start() - 30) :][:90]!r}")
    if found := IDS.search(words):
        crawl.blame(who, path, f"id {found[0]!r} in {words[max(0, found.start() - 40) :][:90]!r}")


def find_form(path: str) -> tuple[str, int]:
    """What pages alike share: `/lots/L1` and `/lots/L2`."""
    parts = path.strip("/").split("/")
    return parts[0], len(parts)


async def crawl_as(
    desk: RunningDesk, crawl: Crawl, who: str, languages: tuple[str, ...] = ("en", "zh")
) -> None:
    """Follow every link in Vietnamese, and look at each new page in the other `languages`."""
    async with somebody(desk, who) as person:
        waiting, known, alike = deque(["/"]), {"/"}, Counter[object]()
        while waiting:
            path = waiting.popleft()
            page = await look(person, crawl, who, path)
            bare = path.partition("?")[0]
            if page is None:
                continue
            if bare not in crawl.seen:
                crawl.seen.add(bare)
                for language in languages:
                    person.session.headers["Accept-Language"] = language
                    await look(person, crawl, f"{who}, {language}", path)
                person.session.headers["Accept-Language"] = "vi"
            typed = ["/stamps?q=1·4"] if path == "/stamps" else []
            if path == "/trace" and who in ("mai", "thanh"):  # growers and buyers see no stamps
                typed = ["/trace?item=1·4"]
            for link in typed + list_links(page, path):
                plain = urlsplit(link)._replace(fragment="").geturl()
                form = find_form(plain) if "?" not in plain else plain.partition("?")[0]
                if plain in known or alike[form] >= ALIKE or plain.startswith("/export/"):
                    continue
                known.add(plain)
                alike[form] += 1
                waiting.append(plain)


async def look(person: Somebody, crawl: Crawl, who: str, path: str) -> html.HtmlElement | None:
    """The page at a path, checked; None for what is no page."""
    async with person.session.get(person.desk.url + path) as answer:
        if answer.status != 200:
            crawl.blame(who, path, f"answers {answer.status}")
            return None
        if answer.content_type != "text/html":
            return None
        page = html.document_fromstring(await answer.text())
        here = answer.url.raw_path_qs
    check_page(crawl, who, here, deepcopy(page))
    return page


async def test_every_page_has_title_heading_and_breadcrumb_in_three_languages(
    desk: RunningDesk,
) -> None:
    await make_busy(desk)
    crawl = Crawl()
    for who in {role: who for who, (role, _, _) in reversed(PEOPLE.items())}.values():
        await crawl_as(desk, crawl, who)
    assert not crawl.flaws, "\n".join(crawl.flaws)
    assert len(crawl.seen) > 50


async def test_every_page_answers_on_postgresql(
    migrated_postgres: PostgresServer,  # noqa: F811 - the fixture
    tmp_path: Path,
) -> None:
    ledger = migrated_postgres.database(template=TEMPLATE)
    async with running_desk(tmp_path, ledger=ledger) as desk:
        await make_busy(desk)
        crawl = Crawl()
        for who in ("thanh", "bo"):
            await crawl_as(desk, crawl, who, languages=())
    assert not crawl.flaws, "\n".join(crawl.flaws)
    assert "/figures" in crawl.seen
