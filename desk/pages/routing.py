"""Page routes: declaration, and what every page shares: session, permission, form, language.

    @routes.add("POST", "/orders/{order}/approve", permissions=(Permission.ORDER_DECIDE,))
    async def approve_order(call: PageCall, order: str) -> web.StreamResponse:

The parameters of a handler beside `call` are segments of the path, `int` or `str`. A handler of
POST raises its refusals and returns a `redirect`.
"""

import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar, get_type_hints
from urllib.parse import quote, urlencode, urlsplit

from aiohttp import web

from desk.auth.errors import ForeignForm
from desk.forms.drafts import (
    DRAFT_PARAMETER,
    PAGE_PARAMETER,
    DraftOwner,
    DraftReason,
    FormDraft,
)
from desk.forms.flash import Flash
from desk.forms.refusals import ShownRefusal
from desk.pages.call import PageCall, choose_language, remember_language
from desk.pages.form_reader import SubmittedForm, read_form
from desk.pages.local_path import is_local_path
from desk.runtime import DeskRuntime
from services.permissions import Permission, require_permission
from stamps.errors import VeritemError

PageHandler = Callable[..., Awaitable[web.StreamResponse]]
H = TypeVar("H", bound=PageHandler)

_SEGMENT: Final = re.compile(r"\{(\w+)\}")
_INTEGER: Final = r"[0-9]{1,9}"
_SERVER_ERROR: Final = 500
SENT_FORM: Final = web.RequestKey("sent_form", dict[str, str])
"""The fields of the form that a request sent."""


@dataclass(frozen=True)
class PageRoute:
    """One address and method of the pages."""

    method: str
    path: str
    handler: PageHandler
    permissions: tuple[Permission, ...]
    """Any one of these; for every signed-in account when empty."""
    parameters: Mapping[str, type]
    """Path parameters, `int` or `str`."""
    is_open: bool = False
    """Whether people who are not signed in may see it."""
    limit: int | None = None
    """Longest form in bytes, uploads included; the setting's, without uploads, when None."""
    is_script: bool = False
    """Whether a script sends the form and reads the answer: nothing is kept for a page."""
    page: str | None = None
    """The page of the form, which shows it again when it is refused (POST). `link_pages` sets it to
    the nearest page at this address or above it."""

    @property
    def pattern(self) -> str:
        """The path as aiohttp's router takes it."""

        def segment(found: re.Match[str]) -> str:
            name = found[1]
            return f"{{{name}:{_INTEGER}}}" if self.parameters[name] is int else found[0]

        return _SEGMENT.sub(segment, self.path)


class PageRoutes:
    """The routes of one group of pages."""

    def __init__(self) -> None:
        self._routes: list[PageRoute] = []

    @property
    def routes(self) -> Sequence[PageRoute]:
        """The declared routes, in order."""
        return tuple(self._routes)

    def add(
        self,
        method: str,
        path: str,
        *,
        permissions: Sequence[Permission] = (),
        is_open: bool = False,
        limit: int | None = None,
        page: str | None = None,
        is_script: bool = False,
    ) -> Callable[[H], H]:
        """Declare a route."""

        def declare(handler: H) -> H:
            hints = get_type_hints(handler)
            self._routes.append(
                PageRoute(
                    method=method,
                    path=path,
                    handler=handler,
                    permissions=tuple(permissions),
                    parameters={
                        name: kind for name, kind in hints.items() if name not in ("call", "return")
                    },
                    is_open=is_open,
                    limit=limit,
                    page=page,
                    is_script=is_script,
                )
            )
            return handler

        return declare


def link_pages(routes: Sequence[PageRoute]) -> tuple[PageRoute, ...]:
    """The routes, each form with its page: at the form's own address, else the nearest above it."""
    shown = {route.path for route in routes if route.method == "GET"}
    return tuple(
        replace(route, page=_find_nearest(route.path, shown))
        if route.method == "POST" and route.page is None and not route.is_open
        else route
        for route in routes
    )


def _find_nearest(path: str, shown: Collection[str]) -> str | None:
    while path and path not in shown:
        path = path.rpartition("/")[0]
    return path or None


class PageEndpoint:
    """A route in one running desk: checks session, permission and form, calls the handler.

    Every form that is sent ends in a redirect. A handler that carries it out redirects to a page; a
    refusal redirects to the page of the form, which shows what was typed and what is wrong with it.
    """

    def __init__(self, route: PageRoute, runtime: DeskRuntime) -> None:
        self._route = route
        self._runtime = runtime

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        route, runtime = self._route, self._runtime
        authenticator = runtime.authenticator
        try:
            signed_in = await authenticator.authenticate_session(request)
        except VeritemError:  # the ledger does not answer
            if route.method == "POST" and authenticator.find_former_account(request):
                await self._read_sent(request)  # the page of the error keeps what was typed
            raise
        call = PageCall(
            request, runtime, signed_in, choose_language(request), page=request.rel_url.raw_path
        )
        is_part = "HX-Request" in request.headers
        if signed_in is None and not route.is_open:
            # A part of a page that asks for itself does not become a sign-in page.
            return web.Response(status=204) if is_part else await self._ask_to_sign_in(call)
        if route.permissions:
            require_permission(call.context, *route.permissions)
        arguments = {
            name: kind(request.match_info[name]) for name, kind in route.parameters.items()
        }
        if route.method == "POST":
            response = await self._take_form(call, arguments)
        else:
            call = await read_messages(call)
            response = await route.handler(call, **arguments)
            if call.flash is not None and not response.prepared:
                authenticator.write_cookie(response, runtime.flash_cookie_name, "", 0)
        if signed_in is not None and not response.prepared and not is_part:  # nobody pressed a key
            await authenticator.renew_session(response, signed_in.session)
        remember_language(request, response, runtime)
        return response

    async def _take_form(
        self, call: PageCall, arguments: Mapping[str, object]
    ) -> web.StreamResponse:
        """Carry out the form that was sent, or lead to its page."""
        route, authenticator = self._route, self._runtime.authenticator
        form = await self._read_sent(call.request)
        call = self._add_form(call, form)
        # The form of an open page belongs to no session: two tabs may both ask to sign in.
        owner = None if route.is_open else call.signed_in
        try:
            authenticator.check_form(call.request, owner, call.fields.get("csrf", ""))
        except ForeignForm:
            if route.is_script:
                raise
            # The session of this form has ended, and another one began.
            return redirect(await keep_form(call, "session-ended"))
        try:
            if form.refusal is not None:
                raise form.refusal
            response: web.StreamResponse = await route.handler(call, **arguments)
        except VeritemError as refusal:
            if route.page is None:
                raise
            return await refuse_form(call, refusal)
        if isinstance(response, Redirection) and response.flash is not None:
            path = response.headers["Location"].partition("?")[0]
            cookie = self._runtime.flashes.encode(response.flash, path)
            if cookie is not None:
                authenticator.write_cookie(response, self._runtime.flash_cookie_name, cookie, None)
        return response

    def _add_form(self, call: PageCall, form: SubmittedForm) -> PageCall:
        page = call.page if self._route.is_open else find_page(self._route, call.request)
        return replace(call, fields=form.fields, files=form.files, page=page)

    async def _read_sent(self, request: web.Request) -> SubmittedForm:
        settings = self._runtime.dependencies.settings
        form = await read_form(request, settings, self._route.limit)
        request[SENT_FORM] = form.fields
        return form

    async def _ask_to_sign_in(self, call: PageCall) -> web.StreamResponse:
        """Lead to the sign-in page, which leads back; a form that was sent is kept for then."""
        route, request = self._route, call.request
        if route.method != "POST":
            return redirect_to_sign_in(request.raw_path)
        account = self._runtime.authenticator.find_former_account(request)
        page = find_page(route, request)
        if account is None or page == "/" or route.is_script:  # strangers have nothing kept
            return redirect_to_sign_in(page)
        call = self._add_form(call, await self._read_sent(request))
        self._runtime.authenticator.check_origin(request)
        browser = self._runtime.authenticator.find_browser(request)
        owner = DraftOwner(account, browser.id if browser else "")
        return redirect_to_sign_in(await keep_form(call, "session-ended", owner=owner), kept=True)


class Redirection(web.Response):
    """A redirect to a page, with what that page says first."""

    def __init__(self, path: str, flash: Flash | None) -> None:
        super().__init__(status=303, headers={"Location": path})
        self.flash = flash


def redirect(path: str, flash: str | None = None, **values: object) -> Redirection:
    """Send the browser to another page of the desk, with GET. Raises ValueError for any other.

    `flash` is the key of a text that the page says once, filled with `values`.
    """
    if not is_local_path(path):
        raise ValueError(f"not a path of the desk: {path!r}")
    return Redirection(path, Flash(flash, values) if flash is not None else None)


def redirect_to_sign_in(wanted: str, *, kept: bool = False) -> Redirection:
    """Send the browser to the sign-in page, which leads on to a page; `kept`: with its form."""
    query = {} if wanted == "/" else {"next": wanted}
    if kept:
        query["kept"] = "1"
    return redirect(f"/sign-in?{urlencode(query)}" if query else "/sign-in")


def find_page(route: PageRoute, request: web.Request) -> str:
    """The path of the page that shows the form which a request sent."""
    if route.page is None:
        asked = request.query.get(PAGE_PARAMETER, "/")
        return urlsplit(asked).path if is_local_path(asked) else "/"
    return _SEGMENT.sub(lambda found: quote(request.match_info[found[1]], safe=""), route.page)


async def refuse_form(call: PageCall, refusal: VeritemError) -> "Redirection":
    """Keep a form that is refused, and lead to its page.

    Raises the refusal itself where nobody is signed in, or where the fault is the server's.
    """
    shown = ShownRefusal.of_error(refusal, call.fields)
    if call.signed_in is None or shown.status >= _SERVER_ERROR:
        raise refusal
    return redirect(await keep_form(call, "refused", shown))


async def keep_form(
    call: PageCall,
    reason: DraftReason,
    refusal: ShownRefusal | None = None,
    owner: DraftOwner | None = None,
) -> str:
    """Keep the form of a request; return the address of the page that shows it again."""
    draft = FormDraft(
        page=call.page,
        action=call.request.path,
        fields=call.fields,
        reason=reason,
        refusal=refusal,
        left_out=tuple(call.files),
    )
    id_ = await call.runtime.drafts.keep(owner or call.owner, draft)
    query = {
        name: text
        for name, text in call.request.query.items()
        if name not in (DRAFT_PARAMETER, PAGE_PARAMETER, "lang")
    }
    return f"{call.page}?{urlencode({**query, DRAFT_PARAMETER: id_})}"


async def read_messages(call: PageCall) -> PageCall:
    """A request for a page with the draft and the flash message that belong to it."""
    if call.signed_in is None:
        return call
    runtime, request = call.runtime, call.request
    cookie = request.cookies.get(runtime.flash_cookie_name)
    if cookie:
        call = replace(call, flash=runtime.flashes.decode(cookie, call.page))
    id_ = request.query.get(DRAFT_PARAMETER)
    if not id_:
        return call
    draft = await runtime.drafts.find(call.owner, id_, call.page)
    if draft is None:
        return replace(call, is_draft_lost=True)
    return replace(call, draft=draft, fields=draft.fields)
