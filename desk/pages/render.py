"""Rendering: templates filled in one language, for one account.

The Content-Security-Policy allows the desk's own files and nothing else: no inline script or style,
no `eval`. Every signed-in page runs `frame.js`; a page may name further scripts. Every form carries
the session's token; a form that changes something also carries a fresh idempotency key.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web
from babel.numbers import format_decimal
from jinja2 import Environment, PackageLoader, StrictUndefined

from desk.pages.assets import FRAME, STYLE, get_asset
from desk.pages.call import PageCall
from desk.problems import PROBLEMS, status_of
from services import Actor
from services.permissions import Permission, has_permission
from services.proposal_kinds import PROPOSAL_PERMISSIONS
from stamps import serial_range
from stamps.errors import VeritemError
from web.i18n import LOCALES, Language, Texts, format_day, format_moment, format_number
from web.security_headers import content_security_policy

_HEADERS: Final[Mapping[str, str]] = {
    # Without it browsers would send `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": content_security_policy(
        style="'self'", image="'self' data:", script="'self'", connect="'self'"
    ),
    "Vary": "Cookie, Accept-Language",
}
_HTML_LANGUAGES: Final[Mapping[Language, str]] = {"vi": "vi", "en": "en", "zh": "zh-Hans"}
_LANGUAGE_SWITCH: Final = (
    ("vi", "VI", "VI – Tiếng Việt"),
    ("en", "EN", "EN – English"),
    ("zh", "中文", "中文"),
)

MENU: Final[Sequence[tuple[str, str, tuple[Permission, ...]]]] = (
    ("/activate", "activate", (Permission.ACTIVATE,)),
    ("/alerts", "alerts", (Permission.ALERT_SEE,)),
    ("/orders", "orders", (Permission.ORDER_SEE,)),
    ("/batches", "batches", (Permission.BATCH_SEE,)),
    ("/lots", "lots", (Permission.LOT_SEE,)),
    ("/stamps", "stamps", (Permission.STAMP_SEE,)),
    ("/proposals", "proposals", PROPOSAL_PERMISSIONS),
    ("/balance", "balance", (Permission.BALANCE_SEE,)),
    ("/devices", "devices", (Permission.DEVICE_ENROL,)),
)
"""The menu: path, text key, and the permissions of which one shows it."""

_HOMES: Final[Mapping[str, str]] = {"authority": "/orders", "issuer": "/orders"}
"""The home page of a role where it is not the first entry of its menu."""

_DETAILED: Final = frozenset(
    {
        "malformed-lot",
        "photo-too-large",
        "foreign-place",
        "packed-in-future",
        "packed-elsewhere",
        "lot-product-mismatch",
        "lot-confirmation-required",
        "malformed-range",
        "malformed-body",
        "control-character",
        "invalid-input",
        "report-refused",
        "span-out-of-range",
        "order-exceeded",
        "order-state",
        "weak-password",
        "out-of-range",
        "illegal-alert-decision",
    }
)
"""Refusals whose English message, shown small, says more than their translated title."""

_TEMPORARY: Final = frozenset(
    {
        *("sign-in-limited", "confirmation-limited", "sign-in-busy"),
        *("service-busy", "too-many-requests", "uploads-limited"),
    }
)
"""Refusals that pass by themselves: the page says when to try again."""
_MINUTE_SECONDS: Final = 60


_HINTS: Final[Mapping[str, str]] = {
    "malformed-range": "refusal.range",
    "malformed-code": "refusal.code",
    "sign-in-limited": "sign.known_hint",
}
"""What to do instead, by refusal."""


_EXPLAINED: Final = frozenset({"readings", "expected", "most", "least"})
"""Evidence that has a hint of its own."""


def find_home(actor: Actor) -> str:
    """The page on which an actor's work begins."""
    pages = (path for path, _, needed in MENU if _may_one_of(actor, needed))
    own = _HOMES.get(actor.role) if actor.is_confirmed else None
    return own or next(pages, "/account")


def _may_one_of(actor: Actor, permissions: Sequence[Permission]) -> bool:
    return any(has_permission(actor, permission) for permission in permissions)


def _make_environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("desk.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        format_range=serial_range.format_serial_range, new_key=lambda: secrets.token_urlsafe(12)
    )
    return environment


_ENVIRONMENT: Final = _make_environment()


def format_score(value: float, language: Language) -> str:
    """A number to one decimal as it is written in a language.

    >>> format_score(2.5, "vi"), format_score(2, "en")
    ('2,5', '2.0')
    """
    return format_decimal(value, "#,##0.0", locale=LOCALES[language])


def translate_slug(texts: Texts, family: str, slug: str) -> str:
    """The text of a slug, or the slug itself where there is no text yet."""
    key = f"{family}.{slug}"
    return texts(key) if texts.has(key) else slug


def render_page(
    call: PageCall,
    template: str,
    title: str,
    *,
    status: int = 200,
    refusal: VeritemError | None = None,
    refresh: int | None = None,
    scripts: Sequence[str] = (),
    **values: Any,
) -> web.Response:
    """A page; a refusal is shown above its content and gives the status.

    `scripts` are the files of the scripts that the page runs beside the frame's.
    """
    language, texts = call.language, call.texts
    staff = call.signed_in.staff if call.signed_in else None
    actor = Actor.of_staff(staff) if staff else None
    sessions = call.runtime.authenticator.sessions
    html = _ENVIRONMENT.get_template(template).render(
        w=texts,
        title=title,
        html_lang=_HTML_LANGUAGES[language],
        switch=_link_languages(call),
        style=STYLE.path,
        person=staff,
        menu=_menu(call, actor) if actor else (),
        csrf=sessions.form_token(call.signed_in.session) if call.signed_in else "",
        may=lambda name: actor is not None and has_permission(actor, Permission(name)),
        n=lambda value: format_number(value, language),
        real=lambda value: format_score(value, language),
        moment=lambda at: format_moment(at, language),
        day=lambda at: format_day(at, language),
        refusal=refusal,
        problem=_describe_problem(refusal, texts) if refusal else None,
        refresh=refresh,
        scripts=_list_scripts(call, scripts),
        **values,
    )
    if refusal is not None and status == 200:
        status = status_of(refusal)
    headers = dict(_HEADERS)
    if refusal is not None:
        headers |= PROBLEMS.headers(refusal, status)
        # Bearer tokens are for machines; people sign in with the form.
        headers.pop("WWW-Authenticate", None)
    return web.Response(
        text=html, status=status, content_type="text/html", charset="utf-8", headers=headers
    )


def _list_scripts(call: PageCall, files: Sequence[str]) -> list[str]:
    """The addresses of the scripts that a page runs."""
    frame = [FRAME.path] if FRAME is not None and call.signed_in is not None else []
    return frame + [get_asset(file).path for file in files]


def _link_languages(call: PageCall) -> Sequence[tuple[str, str, str, str]]:
    """Language, label, name and address of the same page in each language."""
    kept = {name: value for name, value in call.query.items() if name != "lang"}
    if "next" in call.fields:
        kept["next"] = call.fields["next"]
    return [
        (language, shown, name, "?" + urlencode({**kept, "lang": language}))
        for language, shown, name in _LANGUAGE_SWITCH
    ]


def _menu(call: PageCall, actor: Actor) -> Sequence[tuple[str, str, bool]]:
    """Path, text, and whether the entry is the current page."""
    current = call.request.path
    return [
        (path, call.texts(f"nav.{name}"), current == path or current.startswith(f"{path}/"))
        for path, name, needed in MENU
        if _may_one_of(actor, needed)
    ]


def _describe_problem(refusal: VeritemError, texts: Texts) -> dict[str, Any]:
    """What people are shown of a refusal: title, conflicts, missing items, hints, detail."""
    key = f"problem.{refusal.code}"
    is_known = texts.has(key)
    return {
        "title": texts(key, **refusal.evidence) if is_known else texts("problem.internal"),
        "conflicts": [
            (f"{lo}–{hi - 1}" if hi - lo > 1 else f"{lo}", hi - lo, str(state))
            for lo, hi, state in refusal.evidence.get("conflicts", ())
        ],
        "missing": [
            translate_slug(texts, "item", str(item)) for item in refusal.evidence.get("items", ())
        ],
        "hints": _list_hints(refusal, texts),
        "detail": str(refusal) if is_known and _has_detail(refusal) else None,
    }


def _has_detail(refusal: VeritemError) -> bool:
    """Whether the English message says more than the title and the hints."""
    is_explained = not _EXPLAINED.isdisjoint(refusal.evidence)
    return refusal.code in _DETAILED and not is_explained


def _list_hints(refusal: VeritemError, texts: Texts) -> list[str]:
    """What to write instead, in the language of the page."""
    evidence, hints = refusal.evidence, []
    if refusal.code == "report-refused":
        hints.append(texts("refusal.line", line=evidence["line"]))
    if both := evidence.get("readings"):
        one, other = both
        typed = str(evidence.get("text", ""))
        return [*hints, texts("refusal.readings", text=typed, one=one, other=other)]
    if refusal.code in _HINTS:
        hints.append(texts(_HINTS[refusal.code]))
    if kind := evidence.get("expected"):
        hints.append(texts(f"refusal.{kind}", field=_name_field(str(evidence["field"]), texts)))
    for bound in ("most", "least"):
        if isinstance(limit := evidence.get(bound), int):
            number = format_number(limit, texts.language)
            hints.append(texts(f"refusal.{bound}", **{bound: number}))
    if refusal.code in _TEMPORARY:
        hints.append(_describe_wait(evidence["seconds"], texts))
    return hints


def _name_field(field: str, texts: Texts) -> str:
    """The label of a form's field, or its name where it has no label of its own."""
    keys = (f"{page}.{field}" for page in ("orders", "lots", "account"))
    return next((texts(key) for key in keys if texts.has(key)), field)


def _describe_wait(seconds: int, texts: Texts) -> str:
    """When to try again."""
    if seconds < 2 * _MINUTE_SECONDS:
        return texts.plural("site.wait_seconds", seconds)
    return texts.plural("site.wait_minutes", -(-seconds // _MINUTE_SECONDS))
