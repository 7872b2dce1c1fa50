"""Rendering: templates filled in one language, for one account.

The Content-Security-Policy allows the desk's own files and nothing else: no inline script or style,
no `eval`. Every signed-in page runs `frame.js`; a page may name further scripts. Every form carries
the session's token; a form that changes something also carries a fresh idempotency key.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from aiohttp import web
from babel.numbers import format_decimal
from jinja2 import Environment, PackageLoader, StrictUndefined

from desk.forms.drafts import PAGE_PARAMETER
from desk.forms.flash import Flash
from desk.forms.refusals import ShownRefusal
from desk.forms.sent_form import KEEP_PATH, SentForm
from desk.pages.assets import FRAME, STYLE, get_asset
from desk.pages.call import PageCall
from desk.pages.html_texts import HtmlTexts, render_ago, render_day, render_moment
from desk.pages.problem_texts import describe_problem
from desk.problems import PROBLEMS
from services import Actor
from services.permissions import Permission, has_permission
from services.proposals.proposal_kinds import PROPOSAL_PERMISSIONS
from stamps import serial_range
from stamps.errors import VeritemError
from web.i18n import LOCALES, Language, Texts, format_number
from web.security_headers import content_security_policy

PAGE_HEADERS: Final[Mapping[str, str]] = {
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


class LanguageLink(NamedTuple):
    """A link to the same page in another language."""

    language: str
    shown: str
    name: str
    link: str
    keep: str
    """Address to which the page's form is sent, so that it is shown again in that language."""


MENU_SECTIONS: Final[Mapping[str, Sequence[tuple[str, str, tuple[Permission, ...]]]]] = {
    "work": (
        ("/activate", "activate", (Permission.ACTIVATE,)),
        ("/field", "field", (Permission.FIELD_CHECK,)),
        ("/alerts", "alerts", (Permission.ALERT_SEE,)),
        ("/hearings", "hearings", (Permission.HEARING_SEE,)),
        ("/mentions", "mentions", (Permission.EVENT_RECORD,)),
        ("/reports", "reports", (Permission.REPORT_SEE,)),
        ("/orders", "orders", (Permission.ORDER_SEE,)),
        ("/batches", "batches", (Permission.BATCH_SEE,)),
        ("/lots", "lots", (Permission.LOT_SEE,)),
        ("/reviews", "reviews", (Permission.LOT_REVIEW, Permission.LOT_SUBMIT)),
        ("/diary", "diary", (Permission.EVENT_SEE,)),
        ("/cartons", "cartons", (Permission.CARTON_SEE,)),
        ("/stamps", "stamps", (Permission.STAMP_SEE,)),
        ("/trace", "trace", (Permission.EVENT_SEE,)),
        ("/proposals", "proposals", PROPOSAL_PERMISSIONS),
    ),
    "figures": (
        ("/figures", "figures", (Permission.FIGURE_SEE,)),
        ("/quality", "quality", (Permission.QUALITY_SEE,)),
        ("/balance", "balance", (Permission.BALANCE_SEE,)),
        ("/detection", "detection", (Permission.DETECTION_SEE,)),
    ),
    "registry": (
        ("/province", "province", (Permission.PRODUCT_LIST_EDIT,)),
        ("/codes", "codes", (Permission.STAMP_SEE, Permission.CODE_EDIT)),
        ("/evidence", "evidence", (Permission.EVIDENCE_ATTACH,)),
        ("/actor-invitations", "actors", (Permission.ACTOR_INVITE,)),
        ("/organisations", "organisations", (Permission.REGISTRY_EDIT,)),
        ("/places", "places", (Permission.REGISTRY_EDIT,)),
        ("/links", "links", (Permission.LINK_SEE,)),
        ("/catalogues", "catalogues", ()),
        ("/staff", "staff", (Permission.ACCOUNT_SEE,)),
    ),
    "system": (
        ("/devices", "devices", (Permission.DEVICE_ENROL,)),
        ("/audit", "audit", (Permission.AUDIT_SEE,)),
        ("/settings", "settings", (Permission.ACCOUNT_MANAGE,)),
        ("/privacy", "privacy", ()),
        ("/guide", "guide", ()),
    ),
}
"""The menu by section: path, text key, and the permissions of which one shows it; none: everybody
sees it."""

MENU: Final = tuple(entry for section in MENU_SECTIONS.values() for entry in section)
"""All entries of the menu."""

_BELONGING: Final[Mapping[str, tuple[str, ...]]] = {
    "/orders": ("/new-order", "/quotas"),
    "/batches": ("/print-keys",),
    "/reports": ("/report-places",),
    "/lots": ("/new-lot", "/lot-imports"),
    "/reviews": ("/review-rules",),
    "/diary": ("/new-entry", "/diary-imports"),
    "/cartons": ("/pack-carton",),
    "/organisations": ("/new-organisation", "/quotas"),
    "/actor-invitations": ("/new-actor-invitation",),
    "/places": ("/new-place",),
    "/links": ("/new-link-set", "/key-owners"),
    "/staff": ("/new-staff", "/tokens", "/sessions", "/mails"),
    "/codes": ("/new-code", "/code-imports", "/code-rules"),
}
"""Pages that belong to an entry of the menu under another path."""
_OWN: Final = ("/tokens", "/sessions")
"""Pages that belong to the account page for those whose menu has no entry above them."""


def _may_one_of(actor: Actor, permissions: Sequence[Permission]) -> bool:
    return not permissions or any(has_permission(actor, one) for one in permissions)


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


def render_page(
    call: PageCall,
    template: str,
    title: str,
    *,
    status: int = 200,
    refusal: VeritemError | None = None,
    scripts: Sequence[str] = (),
    trail: Sequence[tuple[str, str]] | None = None,
    **values: Any,
) -> web.Response:
    """A page; a refusal is shown above its content and gives the status.

    `scripts` are the files of the scripts that the page runs beside the frame's. `trail` are text
    and path of the pages above this one; by default the entry of the menu that it belongs to.
    """
    language, texts = call.language, call.texts
    staff = call.signed_in.staff if call.signed_in else None
    actor = Actor.of_staff(staff) if staff else None
    sessions = call.runtime.authenticator.sessions
    now = call.runtime.dependencies.clock()
    shown = ShownRefusal.of_error(refusal, call.fields) if refusal else None
    if shown is None and call.draft is not None:
        shown = call.draft.refusal
    action = call.draft.action if call.draft else call.request.path
    above = _find_section(call, actor) if trail is None else trail
    html = _ENVIRONMENT.get_template(template).render(
        w=HtmlTexts(texts),
        title=title,
        trail=above,
        heading=" · ".join([title, *(text for text, _ in reversed(above)), "Veritem"]),
        html_lang=_HTML_LANGUAGES[language],
        switch=_link_languages(call),
        style=STYLE.path,
        is_sandbox=call.runtime.dependencies.settings.sandbox,
        person=staff,
        menu=_menu(call, actor) if actor else (),
        csrf=sessions.form_token(call.signed_in.session) if call.signed_in else "",
        may=lambda name: actor is not None and has_permission(actor, Permission(name)),
        n=lambda value: format_number(value, language),
        real=lambda value: format_score(value, language),
        moment=lambda at: render_moment(at, now, texts),
        ago=lambda at: render_ago(at, now, language),
        day=lambda at: render_day(at, language),
        refusal=shown,
        problem=describe_problem(shown, texts) if shown else None,
        named=lambda family, slugs: [(slug, texts(f"{family}.{slug}")) for slug in slugs],
        sent=SentForm(call.fields, action, shown.flaws if shown else (), texts),
        draft=call.draft,
        is_draft_lost=call.is_draft_lost,
        flash=call.flash,
        flash_text=_describe_flash(call.flash, texts) if call.flash else None,
        scripts=_list_scripts(call, scripts),
        **values,
    )
    if shown is not None and status == 200:
        status = shown.status
    headers = dict(PAGE_HEADERS)
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


def _link_languages(call: PageCall) -> Sequence[LanguageLink]:
    """Return links to the same page in each language, with its query and the form that it shows."""
    kept = {name: value for name, value in call.query.items() if name != "lang"}
    if "next" in call.fields:
        kept["next"] = call.fields["next"]
    page = f"{call.page}?{urlencode(kept)}" if kept else call.page
    keep = KEEP_PATH if call.signed_in else f"{call.page}/language"
    return [
        LanguageLink(
            language=language,
            shown=shown,
            name=name,
            link=f"{call.page}?{urlencode({**kept, 'lang': language})}",
            keep=f"{keep}?{urlencode({PAGE_PARAMETER: page, 'lang': language})}",
        )
        for language, shown, name in _LANGUAGE_SWITCH
    ]


def _find_section(call: PageCall, actor: Actor | None) -> Sequence[tuple[str, str]]:
    """Text and path of the entry of the menu that a page belongs to, unless it is that entry."""
    if actor is None:
        return ()
    for path, name, needed in MENU:
        if call.page == path or not _may_one_of(actor, needed):
            continue
        if call.page.startswith((f"{path}/", *_BELONGING.get(path, ()))):
            return ((call.texts(f"nav.{name}"), path),)
    if call.page.startswith(_OWN):
        return ((call.texts("account.title"), "/account"),)
    return ()


def _describe_flash(flash: Flash, texts: Texts) -> str:
    """The text of a message; empty for one that this version does not know."""
    if not texts.has(flash.text):
        return ""
    values = {
        name: format_number(value, texts.language) if isinstance(value, int) else value
        for name, value in flash.values.items()
        if name != "count"
    }
    return texts.plural(flash.text, int(flash.values.get("count", 1)), **values)


def _menu(call: PageCall, actor: Actor) -> Sequence[tuple[str, Sequence[tuple[str, str, bool]]]]:
    """The title of each section that the person sees, and of its entries: path, text, whether the
    entry is the current page."""
    current = call.request.path
    sections = [
        (
            call.texts(f"nav.section_{section}"),
            [
                (path, call.texts(f"nav.{name}"), current == path or current.startswith(f"{path}/"))
                for path, name, needed in entries
                if _may_one_of(actor, needed)
            ],
        )
        for section, entries in MENU_SECTIONS.items()
    ]
    return [(title, entries) for title, entries in sections if entries]
