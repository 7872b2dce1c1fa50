"""Renders the public pages. What is the same for many scans is rendered and compressed ahead.

A verdict's page is three pieces: *head* (style, bar, the verdict itself; by language and kind),
the *card* of this scan (code, history, reasons, token), and the *rest* (lot, forms, foot, script;
by lot and language). Only the card is made for each request, from templates that are escaped and
translated ahead (`resolver.pages.language_pages`).
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from resolver.answer import (
    StampAnswer,
)
from resolver.pages.fragment import Fragment, Piece
from resolver.pages.language_pages import LanguagePages, Templates
from resolver.pages.link_list import describe_levels
from resolver.pages.public_figures import describe_precision, describe_quarters
from resolver.pages.report_form import (
    FilledReport,
    render_hidden_fields,
    render_report_form,
)
from resolver.pages.retype import render_code_input, render_hint
from resolver.texts import WORDS
from traceability.links.link_set import LinkSet
from web.i18n import LANGUAGES, Language

_LINK_LISTS: Final = 256
"""Lists of links that are kept compressed."""


class Pages:
    """All pages in all languages.

    `hotline` is a telephone number, `authority` the name of who is behind the service; what is
    empty is not shown. `is_sandbox` says on every page that the data are invented.
    """

    def __init__(self, hotline: str = "", authority: str = "", *, is_sandbox: bool = False) -> None:
        self._templates = Templates(hotline, authority, is_sandbox=is_sandbox)
        self._by_language = {
            language: LanguagePages(self._templates, WORDS[language]) for language in LANGUAGES
        }
        self._link_lists = lru_cache(maxsize=_LINK_LISTS)(self._compress_links)

    def render_verdict(
        self, answer: StampAnswer, language: Language, token: str, signature: str = ""
    ) -> list[Piece]:
        """The page of a stamp; its forms send `token` and the signature that the page shows."""
        page = self._by_language[language]
        lot = answer.state.lot
        return [
            page.heads[answer.kind],
            page.render_card_with_fields(answer, token, signature),
            page.render_rest(lot, answer.kind, answer.state.claimable),
        ]

    def render_section(self, answer: StampAnswer, language: Language, token: str) -> bytes:
        """The verdict section of a page, which the page's script puts in place of the first one."""
        page = self._by_language[language]
        hero = page.heroes[answer.kind].encode()
        return b'<div id="v">' + hero + page.render_card(answer, token) + b"</div>"

    def render_retype(
        self, kind: str, typed: str, language: Language, report: Mapping[str, str]
    ) -> list[Piece]:
        """The page that helps to type a code again; `kind` is `unknown` or `unread`.

        Its form for a report sends the fields `report`; there is none without them.
        """
        page = self._by_language[language]
        return [
            page.refusals[kind],
            render_hint(page.escaped, kind, typed),
            page.retype,
            render_code_input(typed),
            page.retyped,
            *((render_hidden_fields(report).encode(), page.report) if report else ()),
            page.foot,
        ]

    def render_home(self, language: Language) -> list[Piece]:
        """The page on which a code is typed."""
        page = self._by_language[language]
        return [page.home, page.retype, render_code_input(""), page.retyped, page.home_foot]

    def render_figures(
        self, documents: Sequence[Mapping[str, Any]], language: Language
    ) -> list[Piece]:
        """The page of public figures."""
        page, words = self._by_language[language], WORDS[language]
        body = self._templates.fill(
            "figures.html",
            words,
            title=words("figures.title"),
            quarters=describe_quarters(documents, words),
            precision=describe_precision(documents, language),
        )
        return [page.figures_head, Fragment.compress(body), page.foot]

    def render_links(
        self, levels: tuple[LinkSet, ...], language: Language, switch: str
    ) -> list[Piece]:
        """The page of all links of a GS1 key; its language switch leads to `switch`."""
        page = self._by_language[language]
        return [*page.render_switch(switch), self._link_lists(levels, language), page.foot]

    def _compress_links(self, levels: tuple[LinkSet, ...], language: Language) -> Fragment:
        shown = describe_levels(levels, language)
        return Fragment.compress(self._templates.fill("links.html", WORDS[language], levels=shown))

    def render_message(
        self,
        kind: str,
        title: str,
        detail: str,
        language: Language,
        back: str = "",
        *,
        switch: str = "",
    ) -> list[Piece]:
        """A page with one message, as a form without a script gets and as errors are answered.

        `back` is the address of the page that the form was on, `switch` the page that the language
        switch leads to: the page of a form that was sent has no address to read; empty: this page.
        """
        page = self._by_language[language]
        return [
            *page.render_switch(switch),
            page.cached_message(kind, title, detail),
            page.render_way_back(back),
            page.foot,
        ]

    def render_refused_report(
        self, title: str, detail: str, filled: FilledReport, language: Language, back: str
    ) -> list[Piece]:
        """The page of a report that was refused: why, and the form as it was filled in.

        Its language switch sends the form to be shown again, so that nothing typed is lost.
        """
        page = self._by_language[language]
        form = render_report_form(self._templates.fill, WORDS[language], filled)
        return [
            *page.form_switch,
            page.cached_message("unsure", title, detail),
            form.encode(),
            page.render_way_back(back),
            page.foot,
        ]
