"""The pieces of the public pages in one language, rendered and compressed ahead.

This module is shaped for the scan path: cards are filled with `%` from cached bytes. The only text
in a card from outside is the canonical code and the token, which have no characters to escape.
"""

from collections.abc import Mapping
from functools import lru_cache
from html import escape
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from detection.verdict import Reason, Verdict
from resolver.answer import (
    HISTORY_MISSING,
    SIGNATURE_UNSEEN,
    STATE_STALE,
    UNSIGNED,
    StampAnswer,
)
from resolver.pages.assets import SCRIPT, STYLE
from resolver.pages.fragment import Fragment, Piece
from resolver.pages.icons import FRUIT, ICONS, MARK
from resolver.pages.lot import build_lot_view
from resolver.pages.report_form import (
    render_report_form,
)
from resolver.stamp_state import CachedLot
from stamps.lifecycle import REASONS, Transition
from traceability.administrative_units import load_administrative_units
from web.i18n import LANGUAGES, Language, Texts, format_day, format_moment

_HTML_LANGUAGES: Final[Mapping[Language, str]] = {"vi": "vi", "en": "en", "zh": "zh-Hans"}
_SWITCH: Final[Mapping[Language, tuple[str, str]]] = {
    "vi": ("VI", "VI – Tiếng Việt"),
    "en": ("EN", "EN – English"),
    "zh": ("中文", "中文"),
}
"""Label and accessible name of each language in the switch."""
_SWITCH_PLACE: Final = "\0switch\0"
_TINTS: Final = {
    "caution": "#f6b91c",
    "suspect": "#b3261e",
    "inactive": "#44546a",
    "suspended": "#553c9a",
    "recalled": "#7d0b33",
    "void": "#3a3d3c",
    "expired": "#7a4a12",
    "unknown": "#374151",
    "unread": "#374151",
    "unsure": "#2c6374",
    "unsigned": "#2c6374",
}
_KINDS: Final = (*Verdict, "unread", "unsure", UNSIGNED)
_NOT_VOUCHED: Final = frozenset({"suspect", UNSIGNED})
_RECALL_REASONS: Final = frozenset(REASONS[Transition.RECALL])
_MARK: Final = "\0"
_FORMS: Final = ("where", "report")
_CLAIM_FORMS: Final = ("where", "claim", "report")
_FRAMES: Final = 8192
"""Card templates that are cached for each language, some 8 MB."""
_MESSAGES: Final = 64
"""Pages with one message that are cached for each language."""


class Templates:
    """The Jinja templates of the public pages, and what the service says of itself.

    `hotline` is a telephone number, `authority` the name of who is behind the service; what is
    empty is not shown. `is_sandbox`: every page says that the data are invented.
    """

    def __init__(self, hotline: str = "", authority: str = "", *, is_sandbox: bool = False) -> None:
        self.hotline: Final = hotline
        self.authority: Final = authority
        self.is_sandbox: Final = is_sandbox
        self._environment = Environment(
            loader=PackageLoader("resolver.pages"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
        )

    def fill(self, template: str, words: Texts, **values: Any) -> str:
        """Fill in a Jinja template."""
        return self._environment.get_template(template).render(w=words, **values).strip()


class LanguagePages:
    """The pieces of the pages in one language."""

    def __init__(self, templates: Templates, words: Texts) -> None:
        self._fill_template = templates.fill
        self._hotline = templates.hotline
        self._authority = templates.authority
        self._is_sandbox = templates.is_sandbox
        self._words = words
        self.escaped = words.escape_html()
        self._cached_template = lru_cache(maxsize=_FRAMES)(self._card_template)
        # To fill in and compress a page takes ten times as long as to answer an honest request.
        self.cached_message = lru_cache(maxsize=_MESSAGES)(self._compress_message)
        before, after = self._head("home").split(_SWITCH_PLACE)
        self._before_switch, self._after_switch = (
            Fragment.compress(before),
            Fragment.compress(after),
        )
        buttons = self._render_languages("switch_form.html")
        self.form_switch: list[Piece] = [self._before_switch, buttons.encode(), self._after_switch]
        self.heroes = {str(kind): self._hero(kind) for kind in _KINDS}
        self.heads = {
            kind: Fragment.compress(
                self._whole_head(kind) + '<div class="cols"><div id="v">' + hero
            )
            for kind, hero in self.heroes.items()
        }
        alone = '<div class="alone">'
        self.refusals = {
            kind: Fragment.compress(self._whole_head(kind) + alone + self.heroes[kind])
            for kind in ("unknown", "unread")
        }
        self.home = Fragment.compress(
            self._whole_head("home") + alone + f'<h1 class="big">{escape(words("home.title"))}</h1>'
        )
        self.figures_head = Fragment.compress(
            self._whole_head("home", words("figures.title")) + '<div class="alone">'
        )
        self.retype = Fragment.compress(self._fill_template("retype.html", words))
        self.retyped = Fragment.compress(self._fill_template("retyped.html", words))
        self.report = Fragment.compress(render_report_form(self._fill_template, words))
        self.foot = Fragment.compress("</div>" + self._foot())
        self.home_foot = Fragment.compress("</div>" + self._foot(home=True))
        self._tail = Fragment.compress(self._forms() + "</div></div>" + self._foot(script=SCRIPT))
        self._claim_form = Fragment.compress(self._fill_template("claim.html", words))
        no_lot = Fragment.compress(
            f'<section class="card"><p>{self.escaped("lot.none")}</p></section>'
        )
        self._without_lot = {
            claimable: self._claim_form + no_lot + self._tail if claimable else no_lot + self._tail
            for claimable in (False, True)
        }
        self._reasons = {
            str(reason): f"<li>{escape(words(f'reason.{reason}'))}</li>"
            for reason in (*Reason, HISTORY_MISSING, STATE_STALE, SIGNATURE_UNSEEN)
        }
        self._provinces = {
            code: escape(province.name(words.language, short=True))
            for code, province in load_administrative_units().provinces.items()
        }

    def render_rest(self, lot: CachedLot | None, kind: str, claimable: bool) -> Fragment:
        """The lot and what follows it; rendered on first use and cached with the lot."""
        if lot is None:
            return self._without_lot[claimable]
        key = self._words.language, kind in _NOT_VOUCHED, claimable
        piece: Fragment | None = lot.rendered.get(key)
        if piece is None:
            piece = self._lot(lot, doubted=key[1]) + self._tail
            if claimable:
                # The reader has just scratched the PIN free: its field follows the verdict.
                piece = self._claim_form + piece
            lot.rendered[key] = piece
        return piece

    def _lot(self, lot: CachedLot, *, doubted: bool) -> Fragment:
        # The page's script shows it too, when a later verdict turns the page red.
        hidden = "" if doubted else " hidden"
        note = f'<p class="note" id="doubt"{hidden}>{self.escaped("lot.not_vouched")}</p>'
        view = build_lot_view(lot, self._words)
        return Fragment.compress(
            note + self._fill_template("lot.html", self._words, lot=view, fruit=FRUIT)
        )

    def render_card_with_fields(self, answer: StampAnswer, token: str, signature: str) -> bytes:
        """The card of this scan, with the hidden fields of the page's forms."""
        forms = _CLAIM_FORMS if answer.state.claimable else _FORMS
        return self._fill_card(answer, token, forms, signature)

    def render_card(self, answer: StampAnswer, token: str) -> bytes:
        """The card of this scan: code, history, reasons and advice."""
        return self._fill_card(answer, token, (), "")

    def _fill_card(
        self, answer: StampAnswer, token: str, forms: tuple[str, ...], signature: str
    ) -> bytes:
        history, code = answer.history, answer.code
        shown = None
        if history is not None:
            shown = history.first_at, history.first_place_hint, history.sessions
        stale = bool(answer.reasons) and answer.reasons[-1] == STATE_STALE
        template = self._cached_template(
            answer.kind,
            answer.reasons,
            shown,
            answer.as_of if stale else None,
            (answer.claimed_at,) if answer.state.is_claimed else None,
            answer.recorded,
            forms,
            answer.state.recall,
            bool(signature),
        )
        text, proof = code.encode(), token.encode()
        groups = b" ".join((text[:5], text[5:10], text[10:15], text[15:]))
        if not forms:
            return template % (text, proof, groups)
        fields = (text, escape(signature).encode()) if signature else (text,)
        return template % (text, proof, groups, *(fields * len(forms)), proof, proof)

    def _card_template(
        self,
        kind: str,
        reasons: tuple[str, ...],
        history: tuple[int | None, str | None, int] | None,
        stale_at: int | None,
        claimed: tuple[int | None] | None,
        recorded: bool,
        forms: tuple[str, ...],
        recall: tuple[str, int] | None,
        signed: bool,
    ) -> bytes:
        """The template of a card for `_fill_card`. Stamps without scans share one.

        Its places are code, token and grouped code; with forms the code (and the signature) for
        each form, and the token twice.
        """
        words = self.escaped
        lines = self._history(history)
        if recall is not None:
            lines = [*self._recall(*recall), *lines]
        if claimed is not None:
            lines.append(self._claim(claimed[0]))
        if stale_at is not None:
            lines.append(words("history.stale", time=format_moment(stale_at, words.language)))
        if recorded:
            lines.append(words("history.noted"))
        paragraphs = "".join(f"<p>{line}</p>" for line in lines)
        parts = [
            f'<section class="card {kind}" id="seen" data-code="{_MARK}"'
            f' data-token="{_MARK}">'
            f'<p class="code"><small>{words("home.code")}</small>{_MARK}</p>'
            f'<div class="seen">{paragraphs}</div>'
        ]
        if reasons:
            listed = "".join(self._reasons[reason] for reason in reasons)
            parts.append(f'<ul class="why" aria-label="{words("history.reasons")}">{listed}</ul>')
        parts.append(f'<p class="advice">{words(f"verdict.{kind}.advice")}</p></section>')
        if forms:
            parts.append('</div><div class="rest">')
            names = ("code", "signature") if signed else ("code",)
            parts += [_hidden(name, form) for form in forms for name in names]
            # A report is named by the token of its page, a scan by the token of the answer before.
            parts += [_hidden("token", form) for form in ("where", "report")]
        return "".join(parts).replace("%", "%%").replace(_MARK, "%b").encode()

    def _compress_message(self, kind: str, title: str, detail: str) -> Fragment:
        """A page with one message."""
        hero = self._fill_template(
            "hero.html", self._words, kind=kind, icon=ICONS[kind], title=title, lead=detail
        )
        return Fragment.compress('<div class="alone">' + hero)

    def render_switch(self, page: str) -> list[Piece]:
        """The head of a page up to its content; its language switch leads to `page`."""
        mark = "&" if "?" in page else "?"
        links = self._render_languages("switch.html", page=f"{page}{mark}")
        return [self._before_switch, links.encode(), self._after_switch]

    def _render_languages(self, template: str, **values: str) -> str:
        """The languages of the switch."""
        return self._fill_template(
            template,
            self._words,
            languages=[(code, _HTML_LANGUAGES[code], *_SWITCH[code]) for code in LANGUAGES],
            **values,
        )

    def render_way_back(self, back: str) -> bytes:
        """The link to the page that a form was on; nothing without one."""
        if not back:
            return b""
        link = f'<a class="button" href="{escape(back)}">{self.escaped("home.return")}</a>'
        return f'<p class="way-back">{link}</p>'.encode()

    def _whole_head(self, kind: str, title: str = "") -> str:
        """The head of a page whose language switch leads to the page itself."""
        links = self._render_languages("switch.html", page="?")
        return self._head(kind, title).replace(_SWITCH_PLACE, links)

    def _head(self, kind: str, title: str = "") -> str:
        """The head of a page, with `_SWITCH_PLACE` where the languages go."""
        key = "home.title" if kind == "home" else f"verdict.{kind}.title"
        return self._fill_template(
            "head.html",
            self._words,
            html_lang=_HTML_LANGUAGES[self._words.language],
            tint=_TINTS.get(kind, "#0b6b3e"),
            title=title or self._words(key),
            style=STYLE,
            mark=MARK,
            switch=_SWITCH_PLACE,
            is_sandbox=self._is_sandbox,
        )

    def _hero(self, kind: str) -> str:
        return self._fill_template(
            "hero.html",
            self._words,
            kind=kind,
            icon=ICONS[kind],
            title=self._words(f"verdict.{kind}.title"),
            lead=self._words(f"verdict.{kind}.lead"),
        )

    def _forms(self) -> str:
        language = self._words.language
        where = self._fill_template(
            "forms.html",
            self._words,
            provinces=[
                (code, load_administrative_units().name(code, language))
                for code in load_administrative_units().provinces
            ],
        )
        return where + render_report_form(self._fill_template, self._words)

    def _foot(self, *, script: str = "", home: bool = False) -> str:
        return self._fill_template(
            "foot.html",
            self._words,
            script=script,
            home=home,
            hotline=self._hotline,
            authority=self._authority,
        )

    def _recall(self, reason: str, at: int) -> list[str]:
        words = self.escaped
        why = words(f"recall.{reason}") if reason in _RECALL_REASONS else words("recall.other")
        return [
            words("recall.day", day=format_day(at, words.language)),
            words("recall.why", reason=why),
        ]

    def _claim(self, claimed_at: int | None) -> str:
        words = self.escaped
        if claimed_at is None:
            return words("history.claimed_before")
        return words("history.claimed", time=format_moment(claimed_at, words.language))

    def _history(self, history: tuple[int | None, str | None, int] | None) -> list[str]:
        words = self.escaped
        if history is None:
            return [words("history.missing")]
        first_at, first_in, sessions = history
        if first_at is None:
            return [words("history.never")]
        time = format_moment(first_at, words.language)
        province = self._provinces.get(first_in or "")
        lines = [words("history.first", time=time)]
        if province:
            lines = [words("history.first_in", time=time, province=province)]
        if sessions == 1:
            return [*lines, words("history.once")]
        return [*lines, words.plural("history.times", sessions)]


def _hidden(name: str, form: str) -> str:
    return f'<input type="hidden" name="{name}" form="{form}" value="{_MARK}">'
