"""Guides at the desk: each role's own, in the reader's language, before sign-in too."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser

from desk.pages.assets import ASSETS
from desk.pages.guide_texts import GUIDES, name_guide, render_guide
from desk.texts import TEXTS
from ledger import ROLES
from tests.accessibility import find_flaws
from tests.desk.people import somebody
from tests.desk.roles import DISTINCT_ROLES
from tests.desk.running_desk import PEOPLE, RunningDesk, running_desk

WHO = {role: account for account, (role, _, _) in PEOPLE.items()}


@pytest.mark.parametrize("role", DISTINCT_ROLES)
async def test_the_menu_leads_to_the_guide_of_ones_role(desk: RunningDesk, role: str) -> None:
    async with somebody(desk, WHO[role]) as person:
        home = await person.get("/account")
        assert 'href="/guide"' in home.html
        page = await person.get("/guide")
        name = name_guide(role)  # type: ignore[arg-type] # a role by its name
        assert (page.status, page.path) == (200, f"/guide/{name}")
        assert f"<h1>{GUIDES[name, 'vi'].title}</h1>" in page.html
        assert "<h1>Kích hoạt" not in page.html


async def test_a_guide_is_read_in_ones_language_and_without_signing_in(desk: RunningDesk) -> None:
    async with somebody(desk) as stranger:
        assert 'href="/guide"' in (await stranger.get("/sign-in")).html
        listed = (await stranger.get("/guide")).html
        assert [name for name, _ in GUIDES if f'href="/guide/{name}"' not in listed] == []
        for language, shown, note in (("vi", "vi", False), ("en", "en", False), ("zh", "en", True)):
            page = await stranger.get(f"/guide/packer?lang={language}")
            assert GUIDES["packer", shown].title in page.text
            assert (TEXTS[language]("guide.untranslated") in page.text) is note
        assert (await stranger.get("/guide/nobody")).status == 404


async def test_pictures_are_files_of_the_desk_and_kept_for_a_year(desk: RunningDesk) -> None:
    async with somebody(desk) as stranger:
        page = await stranger.get("/guide/print-house")
        sources = re.findall(r'<img src="([^"]+)" alt="[^"]+" width="\d+" height="\d+"', page.html)
        assert len(sources) == page.html.count("<img") > 0
        for source in sources:
            answer = await desk.session.get(desk.url + source, headers={"Accept-Encoding": "gzip"})
            assert (answer.status, answer.content_type) == (200, "image/webp")
            assert "Content-Encoding" not in answer.headers
            assert "immutable" in answer.headers["Cache-Control"]


async def test_guides_name_the_number_of_the_settings(tmp_path: Path) -> None:
    async with running_desk(tmp_path, hotline="0262 385 0000") as desk, somebody(desk) as stranger:
        for path in ("/guide/packer", "/sign-in"):
            assert 'href="tel:02623850000">0262 385 0000' in (await stranger.get(path)).html


def test_a_guide_is_text_and_never_markup() -> None:
    text = (
        "# T\n\n[English](packer.en.md)\n\n<script>x</script> ![what is shown](pictures/none.webp) "
        "[other](issuer.vi.md)\n\n## One\n\n## Two\n"
    )
    guide = render_guide("packer", "vi", text)
    assert "<script" not in guide.html
    assert "English" not in guide.html
    assert "what is shown" in guide.html, "the description stands in for a picture"
    assert '<a href="/guide/issuer">other</a>' in guide.html
    assert [(section.anchor, section.text) for section in guide.sections] == [
        ("part-1", "One"),
        ("part-2", "Two"),
    ]
    assert '<h2 id="part-2">Two</h2>' in guide.html


def test_every_picture_of_a_guide_is_served() -> None:
    shown = {
        source for guide in GUIDES.values() for source in re.findall(r'src="([^"]+)"', guide.html)
    }
    assert shown == {asset.path for asset in ASSETS.values() if asset.file.endswith(".webp")}
    assert {name for name, _ in GUIDES} == {name_guide(role) for role in ROLES}


async def test_guides_are_accessible(desk: RunningDesk, browser: Browser) -> None:
    page = await (await browser.new_context(bypass_csp=True, locale="vi-VN")).new_page()
    for path in ("/guide", "/guide/packer"):
        await page.goto(desk.url + path)
        assert await find_flaws(page) == [], path
