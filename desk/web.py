"""The pages' way in: language, session, form, and every refusal turned into a page."""

from dataclasses import replace
from typing import Final
from urllib.parse import parse_qsl

import structlog
from aiohttp import web

from desk.access import Access
from desk.bundles import Bundler
from desk.call import Call, Person
from desk.dependencies import DeskDependencies
from desk.errors import NotFound, WrongMethod
from desk.pages import table
from desk.pages.render import STYLE, STYLE_PATH, Writer
from desk.pages.sign import to_home, to_sign_in
from desk.problems import status_of
from desk.reply import ALWAYS
from desk.routes import Route
from stamps.errors import VeritemError
from web.i18n import Language, negotiate_language, parse_language_switch, parse_language_tag

_LANGUAGE: Final = "lang"
_YEAR_SECONDS: Final = 31_536_000
_log = structlog.get_logger(__name__)


class Pages:
    """Answers requests for pages."""

    def __init__(self, parts: DeskDependencies, access: Access, bundler: Bundler) -> None:
        self._parts = parts
        self._access = access
        self._bundler = bundler
        self._table = table(access)

    async def answer(self, request: web.BaseRequest, path: str) -> web.StreamResponse:
        """Answer one request."""
        if path == STYLE_PATH:
            return _style()
        language, chosen = _language(request)
        person = await self._access.somebody(request)
        call = Call(
            *(request, self._parts, self._bundler, _NOWHERE, {}, _query(request)),
            person=person,
            language=language,
        )
        try:
            response = await self._routed(call, path, person)
        except VeritemError as refusal:
            response = self._refused(call, refusal)
        if chosen:
            self._remember(response, language)
        return response

    async def _routed(self, call: Call, path: str, person: Person | None) -> web.StreamResponse:
        request = call.request
        if path == "/":
            return to_home(person) if person else to_sign_in("/")
        route, params = self._table.find(request.method, path)
        if person is None and not route.is_open:
            return to_sign_in(request.raw_path if request.method == "GET" else "/")
        call = replace(call, route=route, params=params)
        if not route.is_open:
            call.need(*route.permissions)
        if route.method != "GET":
            self._access.check_origin(request)
            call = replace(call, fields=await call.form())
            if person and person.session:
                self._access.check_form(person.session, call.fields.get("csrf", ""))
        response = await route.handler(call)
        if person and person.session and not response.prepared:
            renewed = self._access.sessions.renewed(person.session, self._parts.clock())
            if renewed is not None and self._access.cookie not in response.cookies:
                self._access.give(response, renewed)
        return response

    def _refused(self, call: Call, refusal: VeritemError) -> web.StreamResponse:
        status = status_of(refusal)
        if status >= 500:
            _log.error("refused", code=refusal.code, why=str(refusal), path=call.request.path)
        writer = Writer(call, self._access.sessions)
        response = writer.page(
            "message.html", writer.words("site.desk"), refusal=refusal, status=status
        )
        if isinstance(refusal, WrongMethod):
            response.headers["Allow"] = refusal.evidence["allowed"]
        return response

    def _remember(self, response: web.StreamResponse, language: Language) -> None:
        response.set_cookie(
            *(_LANGUAGE, language),
            max_age=_YEAR_SECONDS,
            path="/",
            secure=self._parts.settings.is_secure,
            httponly=True,
            samesite="Strict",
        )


def _language(request: web.BaseRequest) -> tuple[Language, bool]:
    """The page's language, and whether the switch on the page was just used."""
    chosen = parse_language_switch(request.raw_path.partition("?")[2])
    if chosen is not None:
        return chosen, True
    kept = parse_language_tag(request.cookies.get(_LANGUAGE, ""))
    return kept or negotiate_language(request.headers.get("Accept-Language", "")), False


def _query(request: web.BaseRequest) -> dict[str, str]:
    return dict(parse_qsl(request.raw_path.partition("?")[2], keep_blank_values=True))


def _style() -> web.Response:
    # Its name changes with its content, so it may be kept for ever.
    headers = {
        **ALWAYS,
        "Content-Type": "text/css; charset=utf-8",
        "Cache-Control": "public, max-age=31536000, immutable",
    }
    return web.Response(body=STYLE.encode(), headers=headers)


async def _nowhere(_: Call) -> web.StreamResponse:
    raise NotFound


_NOWHERE: Final = Route("GET", "", _nowhere, "")
"""What a request is for until its route is found."""
