"""Authenticator: the account of a request, by its token (machines) or session cookie (pages)."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from desk.auth import known_browsers
from desk.auth.browser_names import name_browser
from desk.auth.errors import ForeignForm
from desk.auth.known_browsers import KnownBrowsers
from desk.auth.sessions import COOKIE_NAME, Session, Sessions
from desk.dependencies import DeskDependencies
from ledger import Staff
from ledger.accounts.staff_sessions import make_session_id
from ledger.accounts.staff_tokens import parse_token
from ledger.storage.storage_errors import StorageFailed
from services import Actor
from services.accounts import accounts
from services.sign_in import KnownBrowser
from web.aiohttp_server import find_client
from web.client_address import network_of
from web.request_parsing import check_origin
from web.request_turns import Caller

_BEARER: Final = "bearer "


@dataclass(frozen=True, slots=True)
class Bearer:
    """The actor of a request's token, and the token's id."""

    actor: Actor
    token: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """An account that is signed in at the pages, with its session."""

    staff: Staff
    session: Session


class Authenticator:
    """Finds the account and the browser of a request, and writes and removes their cookies."""

    def __init__(self, dependencies: DeskDependencies) -> None:
        settings = dependencies.settings
        self._dependencies = dependencies
        self._is_secure = settings.is_secure
        self.sessions = Sessions(
            dependencies.secret,
            idle_seconds=settings.session_minutes * 60,
            max_seconds=settings.session_hours * 3600,
        )
        self._proxies = settings.make_proxies()
        self._browsers = KnownBrowsers(dependencies.secret)
        # With the prefix, browsers refuse a cookie that another host of the domain set.
        self.cookie_prefix = "__Host-" if settings.is_secure else ""
        self.cookie_name = self.cookie_prefix + COOKIE_NAME
        self.browser_cookie_name = self.cookie_prefix + known_browsers.COOKIE_NAME

    async def authenticate_token(self, request: web.Request) -> Bearer | None:
        """Return the actor of the request's token; None without one. Raises `UnknownToken`."""
        header = request.headers.get("Authorization", "")
        if not header.lower().startswith(_BEARER):
            return None
        token = header[len(_BEARER) :].strip()
        ledger, clock = self._dependencies.ledger, self._dependencies.clock
        actor = await accounts.authenticate_token(ledger, token, at=clock())
        return Bearer(actor, parse_token(token)[0])

    async def authenticate_session(self, request: web.Request) -> SignedIn | None:
        """The account of the request's session; None without a session that lives."""
        session = self._find_session(request)
        if session is None:
            return None
        staff = await self._dependencies.ledger.staff_sessions.find_account(
            make_session_id(session.nonce), session.generation
        )
        return None if staff is None else SignedIn(staff, session)

    def find_caller(self, request: web.Request) -> Caller:
        """Return the client of a request by its session, without a query of the ledger."""
        session = self._find_session(request)
        if session is None:
            return Caller(is_known=False, key=self.find_network(request))
        return Caller(is_known=True, key=session.staff)

    def find_browser(self, request: web.Request) -> KnownBrowser | None:
        """The browser of the request's cookie; None for one that never signed in."""
        value = request.cookies.get(self.browser_cookie_name)
        return self._browsers.decode_cookie(value) if value else None

    def find_former_account(self, request: web.Request) -> str | None:
        """The account that was signed in at this browser before; it signs nobody in.

        The account of a session that has ended, else the last account of a known browser.
        """
        value = request.cookies.get(self.cookie_name)
        session = self.sessions.decode_ended_cookie(value) if value else None
        if session is not None:
            return session.staff
        browser = self.find_browser(request)
        return browser.accounts[0] if browser is not None and browser.accounts else None

    def find_network(self, request: web.Request) -> str:
        """The network of the request; empty when it is not known."""
        return network_of(find_client(request, self._proxies))

    def check_origin(self, request: web.Request) -> None:
        """Check that a form comes from a page of this desk. Raises `CrossSite`."""
        headers = request.headers
        hosts = (request.host.lower(), self._dependencies.settings.public_host)
        check_origin(headers.get("Sec-Fetch-Site"), headers.get("Origin"), hosts)

    def check_form(self, request: web.Request, signed_in: SignedIn | None, token: str) -> None:
        """Check that a form comes from a page of this desk and of this session.

        Raises `CrossSite`, `ForeignForm`.
        """
        self.check_origin(request)
        if signed_in and not self.sessions.is_form_token(signed_in.session, token):
            raise ForeignForm

    async def begin_session(
        self, request: web.Request, response: web.StreamResponse, staff: Staff
    ) -> None:
        """Begin a session of an account and set its cookie."""
        at = self._dependencies.clock()
        session = self.sessions.begin(staff.id, staff.generation, at)
        await self._dependencies.ledger.staff_sessions.begin(
            make_session_id(session.nonce),
            staff.id,
            staff.generation,
            browser=name_browser(request.headers.get("User-Agent", "")),
            at=at,
        )
        self.set_cookie(response, session)

    def remember_browser(
        self, request: web.Request, response: web.StreamResponse, staff: Staff
    ) -> None:
        """Set the cookie of a browser that has signed in to an account."""
        browser = self._browsers.remember(self.find_browser(request), staff.id)
        value = self._browsers.encode_cookie(browser)
        self.write_cookie(response, self.browser_cookie_name, value, known_browsers.MAX_AGE_SECONDS)

    async def renew_session(self, response: web.StreamResponse, session: Session) -> None:
        """Set the session's cookie again, unless it is recent or the response has one."""
        at = self._dependencies.clock()
        renewed = self.sessions.renew(session, at)
        if renewed is not None and self.cookie_name not in response.cookies:
            self.set_cookie(response, renewed)
            # A ledger that can only be read still shows its pages.
            with suppress(StorageFailed):
                await self._dependencies.ledger.staff_sessions.touch(
                    make_session_id(session.nonce), at=at
                )

    def set_cookie(self, response: web.StreamResponse, session: Session) -> None:
        """Set the session's cookie."""
        self.write_cookie(response, self.cookie_name, self.sessions.encode_cookie(session), None)

    def remove_cookie(self, response: web.StreamResponse) -> None:
        """Remove the session's cookie."""
        self.write_cookie(response, self.cookie_name, "", 0)

    def _find_session(self, request: web.Request) -> Session | None:
        """The session of the request's cookie, if its signature and times are right."""
        value = request.cookies.get(self.cookie_name)
        return self.sessions.decode_cookie(value, self._dependencies.clock()) if value else None

    def write_cookie(
        self, response: web.StreamResponse, name: str, value: str, max_age: int | None
    ) -> None:
        """Set a cookie that scripts cannot read and other sites cannot send."""
        response.set_cookie(
            name,
            value,
            max_age=max_age,
            path="/",
            secure=self._is_secure,
            httponly=True,
            samesite="Strict",
        )
