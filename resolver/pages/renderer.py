"""The pages: everything that does not differ from scan to scan is rendered and compressed ahead.

A verdict's page is three pieces: *head* (style, bar, the verdict itself; by language and kind),
the *seen* piece of this scan (code, history, reasons, token), and the *rest* (the lot, forms, foot,
script; by lot and language). Only the second is made while somebody waits,
from formats that were escaped and translated beforehand; the only text in it that comes from
outside is the canonical code and the token, which have no letters to escape.
"""

from collections.abc import Mapping
from functools import lru_cache
from html import escape
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from detection.verdict import Reason, Verdict
from resolver.answer import HISTORY_MISSING, STATE_STALE, Answer
from resolver.pages.assets import SCRIPT, STYLE
from resolver.pages.fragment import Fragment, Piece
from resolver.pages.icons import FRUIT, ICONS, MARK
from resolver.pages.lot import lot_view
from resolver.stamp_state import CachedLot
from resolver.texts import WORDS
from traceability.administrative_units import load_administrative_units
from web.i18n import LANGUAGES, Language, Texts, format_moment

_HTML_LANGUAGES: Final[Mapping[Language, str]] = {"vi": "vi", "en": "en", "zh": "zh-Hans"}
_SWITCH: Final[Mapping[Language, tuple[str, str]]] = {
    "vi": ("VI", "VI – Tiếng Việt"),
    "en": ("EN", "EN – English"),
    "zh": ("中文", "中文"),
}
"""What the switch shows and what it is called."""
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
}
_KINDS: Final = (*Verdict, "unread", "unsure")
_NOT_VOUCHED: Final = frozenset({"suspect"})
_MARK: Final = "\0"
_FORMS: Final = ("where", "report")
_CLAIM_FORMS: Final = ("where", "claim", "report")
_FRAMES: Final = 8192
"""Scans' pieces kept a language, some 8 MB: a stamp that goes viral is written once."""
_ECHOED: Final = 40
"""Characters of a mistyped code that are shown again."""


class Pages:
    """All the pages in all the languages. `hotline` is shown where there is one."""

    def __init__(self, hotline: str = "") -> None:
        self._environment = Environment(
            loader=PackageLoader("resolver.pages"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
        )
        self._hotline = hotline
        self._by_language = {language: _Language(self, WORDS[language]) for language in LANGUAGES}

    def render(self, template: str, words: Texts, **values: Any) -> str:
        """Fill in a template."""
        return self._environment.get_template(template).render(w=words, **values).strip()

    @property
    def hotline(self) -> str:
        """The telephone number that pages show, or nothing."""
        return self._hotline

    def verdict(self, answer: Answer, language: Language, token: str) -> list[Piece]:
        """The page of a stamp."""
        page = self._by_language[language]
        lot = answer.state.lot
        return [
            page.heads[answer.kind],
            page.seen(answer, token),
            page.rest(lot, answer.kind, answer.state.claimable),
        ]

    def section(self, answer: Answer, language: Language, token: str) -> bytes:
        """The verdict alone, anew: what the page's script puts in the place of the first one."""
        page = self._by_language[language]
        hero = page.heroes[answer.kind].encode()
        return b'<div id="v">' + hero + page.card(answer, token) + b"</div>"

    def refused(self, kind: str, typed: str, language: Language) -> list[Piece]:
        """The page that helps to type a code again: `kind` is `unknown` or `unread`."""
        page = self._by_language[language]
        return [
            page.refusals[kind],
            page.hint(kind, typed),
            page.retype,
            _code_input(typed),
            page.foot,
        ]

    def home(self, language: Language) -> list[Piece]:
        """The page on which a code is typed by hand."""
        page = self._by_language[language]
        return [page.home, page.retype, _code_input(""), page.home_foot]

    def message(self, kind: str, title: str, detail: str, language: Language) -> list[Piece]:
        """A page with one thing to say: what a form without a script is answered."""
        return [Fragment.of(self._by_language[language].told(kind, title, detail))]


class _Language:
    """The pages' fixed pieces in one language."""

    def __init__(self, pages: Pages, words: Texts) -> None:
        self._pages = pages
        self._words = words
        self._escaped = words.escape_html()
        self._frame = lru_cache(maxsize=_FRAMES)(self._framed)
        self.heroes = {str(kind): self._hero(kind) for kind in _KINDS}
        self.heads = {
            kind: Fragment.of(self._head(kind) + '<div class="cols"><div id="v">' + hero)
            for kind, hero in self.heroes.items()
        }
        alone = '<div class="alone">'
        self.refusals = {
            kind: Fragment.of(self._head(kind) + alone + self.heroes[kind])
            for kind in ("unknown", "unread")
        }
        self.home = Fragment.of(
            self._head("home") + alone + f'<h1 class="big">{escape(words("home.title"))}</h1>'
        )
        self.retype = Fragment.of(pages.render("retype.html", words))
        self.foot = Fragment.of(pages.render("retyped.html", words) + "</div>" + self._foot())
        self.home_foot = Fragment.of(
            pages.render("retyped.html", words) + "</div>" + self._foot(home=True)
        )
        self._tails = {
            claimable: Fragment.of(
                self._forms(claimable=claimable) + "</div></div>" + self._foot(script=SCRIPT)
            )
            for claimable in (False, True)
        }
        no_lot = Fragment.of(f'<section class="card"><p>{self._escaped("lot.none")}</p></section>')
        self._without_lot = {key: no_lot + tail for key, tail in self._tails.items()}
        self._reasons = {
            str(reason): f"<li>{escape(words(f'reason.{reason}'))}</li>"
            for reason in (*Reason, HISTORY_MISSING, STATE_STALE)
        }
        self._provinces = {
            code: escape(province.name(words.language, short=True))
            for code, province in load_administrative_units().provinces.items()
        }

    def rest(self, lot: CachedLot | None, kind: str, claimable: bool) -> Fragment:
        """The lot and all below it; rendered on its first use and kept with the lot."""
        if lot is None:
            return self._without_lot[claimable]
        key = self._words.language, kind in _NOT_VOUCHED, claimable
        piece: Fragment | None = lot.rendered.get(key)
        if piece is None:
            piece = lot.rendered[key] = self._lot(lot, doubted=key[1]) + self._tails[claimable]
        return piece

    def _lot(self, lot: CachedLot, *, doubted: bool) -> Fragment:
        note = f'<p class="note">{self._escaped("lot.not_vouched")}</p>' if doubted else ""
        view = lot_view(lot.lot, self._words)
        return Fragment.of(
            note + self._pages.render("lot.html", self._words, lot=view, fruit=FRUIT)
        )

    def seen(self, answer: Answer, token: str) -> bytes:
        """This scan's piece of a page, with what its forms send."""
        forms = _CLAIM_FORMS if answer.state.claimable else _FORMS
        return self._filled(answer, token, forms)

    def card(self, answer: Answer, token: str) -> bytes:
        """The code, its history, the reasons and what to do."""
        return self._filled(answer, token, ())

    def _filled(self, answer: Answer, token: str, forms: tuple[str, ...]) -> bytes:
        history, code = answer.history, answer.code
        shown = None
        if history is not None:
            shown = history.first_at, history.first_place_hint, history.sessions
        stale = bool(answer.reasons) and answer.reasons[-1] == STATE_STALE
        frame = self._frame(
            answer.kind,
            answer.reasons,
            shown,
            answer.as_of if stale else None,
            answer.recorded,
            forms,
        )
        text, proof = code.encode(), token.encode()
        groups = b" ".join((text[:5], text[5:10], text[10:15], text[15:]))
        if not forms:
            return frame % (text, proof, groups)
        return frame % (text, proof, groups, *([text] * len(forms)), proof)

    def _framed(
        self,
        kind: str,
        reasons: tuple[str, ...],
        history: tuple[int | None, str | None, int] | None,
        stale_at: int | None,
        recorded: bool,
        forms: tuple[str, ...],
    ) -> bytes:
        """A scan's piece for `_filled`: code, token, the code in groups; with forms the code for
        each and the token. Stamps without scans share one.
        """
        words = self._escaped
        lines = self._history(history)
        if stale_at is not None:
            lines.append(words("history.stale", time=format_moment(stale_at, words.language)))
        if recorded:
            lines.append(words("history.noted"))
        told = "".join(f"<p>{line}</p>" for line in lines)
        parts = [
            f'<section class="card {kind}" id="seen" data-code="{_MARK}"'
            f' data-token="{_MARK}">'
            f'<p class="code"><small>{words("home.code")}</small>{_MARK}</p>'
            f'<div class="seen">{told}</div>'
        ]
        if reasons:
            listed = "".join(self._reasons[reason] for reason in reasons)
            parts.append(f'<ul class="why" aria-label="{words("history.reasons")}">{listed}</ul>')
        parts.append(f'<p class="advice">{words(f"verdict.{kind}.advice")}</p></section>')
        if forms:
            parts.append('</div><div class="rest">')
            parts += [
                f'<input type="hidden" name="code" form="{f}" value="{_MARK}">' for f in forms
            ]
            parts.append(f'<input type="hidden" name="token" form="where" value="{_MARK}">')
        return "".join(parts).replace("%", "%%").replace(_MARK, "%b").encode()

    def hint(self, kind: str, typed: str) -> bytes:
        """What is wrong with what was typed, in words that help to type it again."""
        words = self._escaped
        letters = [c for c in typed.upper() if c not in " -"]
        lines = []
        if typed:
            lines.append(f'{words("home.typed")}: <b class="typed">{escape(typed[:_ECHOED])}</b>')
        if kind == "unread":
            foreign = sorted({c for c in letters if c not in _WRITTEN})
            if foreign:
                shown = escape(" ".join(foreign)[:_ECHOED])
                lines.append(words("home.letters", letters=shown))
            if len(letters) != 20:
                lines.append(words("home.length", count=len(letters)))
        else:
            lines.append(words("verdict.unknown.advice"))
        body = "".join(f"<p>{line}</p>" for line in lines)
        return f'<section class="card told">{body}</section>'.encode()

    def told(self, kind: str, title: str, detail: str) -> str:
        """A whole page with one message."""
        hero = self._pages.render(
            "hero.html", self._words, kind=kind, icon=ICONS[kind], title=title, lead=detail
        )
        return self._head("home") + '<div class="alone">' + hero + "</div>" + self._foot()

    def _head(self, kind: str) -> str:
        title = "home.title" if kind == "home" else f"verdict.{kind}.title"
        return self._pages.render(
            "head.html",
            self._words,
            html_lang=_HTML_LANGUAGES[self._words.language],
            tint=_TINTS.get(kind, "#0b6b3e"),
            title=self._words(title),
            style=STYLE,
            mark=MARK,
            languages=[(code, _HTML_LANGUAGES[code], *_SWITCH[code]) for code in LANGUAGES],
        )

    def _hero(self, kind: str) -> str:
        return self._pages.render(
            "hero.html",
            self._words,
            kind=kind,
            icon=ICONS[kind],
            title=self._words(f"verdict.{kind}.title"),
            lead=self._words(f"verdict.{kind}.lead"),
        )

    def _forms(self, *, claimable: bool) -> str:
        language = self._words.language
        return self._pages.render(
            "forms.html",
            self._words,
            claimable=claimable,
            provinces=[
                (code, load_administrative_units().name(code, language))
                for code in load_administrative_units().provinces
            ],
        )

    def _foot(self, *, script: str = "", home: bool = False) -> str:
        return self._pages.render(
            "foot.html", self._words, script=script, home=home, hotline=self._pages.hotline
        )

    def _history(self, history: tuple[int | None, str | None, int] | None) -> list[str]:
        words = self._escaped
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


def _code_input(typed: str) -> bytes:
    """Where the code is typed. Not in a template: fragments are padded, a value must not be."""
    return (
        '<input id="code" name="code" class="typed" autocomplete="off" autocapitalize="characters"'
        ' spellcheck="false" maxlength="40" required aria-describedby="hint"'
        f' value="{escape(typed[:_ECHOED])}">'
    ).encode()


_WRITTEN: Final = frozenset("0123456789ABCDEFGHJKMNPQRSTVWXYZOIL")
