"""Rendering: templates filled in one language, for one person, without any script.

The pages are HTML and one stylesheet of our own; the policy lets nothing else in, not even a style
attribute. Every form carries the session's token and, where it changes something, a fresh
idempotency key: pressing a button twice does it once.
"""

import hashlib
import secrets
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Final

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from desk.call import Call
from desk.problems import status_of
from desk.reply import ALWAYS
from desk.roles import Permission, may
from desk.sessions import Sessions
from desk.texts import WORDS
from ledger import Staff
from stamps import serial_range
from stamps.errors import VeritemError
from web.i18n import Language, Texts, format_day, format_moment, format_number

STYLE: Final = resources.files("desk.pages").joinpath("style.css").read_text("utf-8")
STYLE_PATH: Final = f"/assets/desk-{hashlib.sha256(STYLE.encode()).hexdigest()[:12]}.css"
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_HTML_LANGUAGES: Final[Mapping[Language, str]] = {"vi": "vi", "en": "en", "zh": "zh-Hans"}
_SWITCH: Final = (
    ("vi", "VI", "VI – Tiếng Việt"),
    ("en", "EN", "EN – English"),
    ("zh", "中文", "中文"),
)

MENU: Final = (
    ("/activate", "activate", Permission.ACTIVATE),
    ("/alerts", "alerts", Permission.ALERT_SEE),
    ("/orders", "orders", Permission.ORDER_SEE),
    ("/batches", "batches", Permission.BATCH_SEE),
    ("/lots", "lots", Permission.LOT_SEE),
    ("/stamps", "stamps", Permission.STAMP_SEE),
    ("/balance", "balance", Permission.ORDER_DECIDE),
)
"""The menu: where, its text, and who sees it. Each role's first entry is its home."""


def home_of(staff: Staff) -> str:
    """Where somebody's work begins."""
    first = {"authority": "/orders", "issuer": "/orders"}.get(staff.role)
    return first or next(path for path, _, needed in MENU if may(staff.role, needed))


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("desk.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(
        roll=serial_range.format_serial_range, new_key=lambda: secrets.token_urlsafe(12)
    )
    return made


class Writer:
    """One request's page: what all templates know."""

    def __init__(self, call: Call, sessions: Sessions) -> None:
        self.call = call
        self.words: Texts = WORDS[call.language]
        self._sessions = sessions

    def page(
        self,
        template: str,
        title: str,
        *,
        status: int = 200,
        refusal: VeritemError | None = None,
        refresh: int | None = None,
        **values: Any,
    ) -> web.Response:
        """A page; a refusal is shown above its content and says the status."""
        call, language = self.call, self.call.language
        person = call.person
        session = person.session if person else None
        html = (
            _environment()
            .get_template(template)
            .render(
                w=self.words,
                title=title,
                html_lang=_HTML_LANGUAGES[language],
                style=STYLE_PATH,
                person=person.staff if person else None,
                menu=self._menu(person.staff) if person else [],
                switch=_SWITCH,
                csrf=self._sessions.form_token(session) if session else "",
                may=lambda name: person is not None and may(person.staff.role, Permission(name)),
                n=self.n,
                real=self.real,
                moment=lambda at: format_moment(at, language),
                day=lambda at: format_day(at, language),
                refusal=refusal,
                problem=self._problem(refusal) if refusal else None,
                refresh=refresh,
                **values,
            )
        )
        headers = {
            **ALWAYS,
            # Ours alone: without any, browsers would say Origin: null with our own forms.
            "Referrer-Policy": "same-origin",
            "Content-Type": "text/html; charset=utf-8",
            "Content-Security-Policy": _POLICY,
            "Vary": "Cookie, Accept-Language",
        }
        if refusal is not None and status == 200:
            status = status_of(refusal)
        return web.Response(body=html.encode(), status=status, headers=headers)

    def n(self, value: int) -> str:
        """A whole number as the page's language writes it."""
        return format_number(value, self.words.language)

    def real(self, value: float) -> str:
        """A number to one decimal as the page's language writes it."""
        text = f"{value:.1f}"
        return text.replace(".", ",") if self.words.language == "vi" else text

    def called(self, family: str, slug: str) -> str:
        """The word for a slug of the law, or the slug where there is none yet."""
        key = f"{family}.{slug}"
        return self.words(key) if self.words.has(key) else slug

    def _menu(self, staff: Staff) -> list[tuple[str, str, bool]]:
        """Where, its text, and whether that is here."""
        path = self.call.request.path
        return [
            (where, self.words(f"nav.{name}"), path == where or path.startswith(f"{where}/"))
            for where, name, needed in MENU
            if may(staff.role, needed)
        ]

    def _problem(self, refusal: VeritemError) -> dict[str, Any]:
        """What of a refusal people are shown: its title, the runs in the way, the items missing."""
        key = f"problem.{refusal.code}"
        known = self.words.has(key)
        batch = refusal.evidence.get("batch")
        return {
            "title": self.words(key if known else "problem.internal"),
            "conflicts": [
                (f"{lo}–{hi - 1}" if hi - lo > 1 else f"{lo}", hi - lo, str(state))
                for lo, hi, state in refusal.evidence.get("conflicts", ())
            ],
            "batch": batch,
            "lacking": [
                self.called("item", str(item)) for item in refusal.evidence.get("items", ())
            ],
            "detail": str(refusal) if known and refusal.code in _DETAILED else None,
        }


_DETAILED: Final = frozenset(
    {
        *("malformed-lot", "malformed-range", "malformed-body", "report-refused"),
        *("span-out-of-range", "order-exceeded", "order-state", "weak-password"),
        *("sign-in-locked", "out-of-range", "alert-step"),
    }
)
"""Refusals whose own sentence tells more than their title; it is English, and shown small."""
