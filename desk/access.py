"""Who asks: a machine's token in the API, a session's cookie on the pages."""

from typing import Final

from aiohttp import web

from desk import sessions
from desk.call import Person
from desk.dependencies import DeskDependencies
from desk.errors import ForeignForm
from desk.sessions import Session, Sessions
from ledger.errors import UnknownStaff

_BEARER: Final = "bearer "


class Access:
    """Recognises people and machines, and writes the cookies of those who signed in."""

    def __init__(self, parts: DeskDependencies) -> None:
        settings = parts.settings
        self._parts = parts
        self.sessions = Sessions(
            parts.secret, settings.session_minutes * 60, settings.session_hours * 3600
        )
        # The prefix makes browsers refuse a cookie that another host of the domain set.
        self.cookie = f"__Host-{sessions.NAME}" if settings.is_secure else sessions.NAME

    async def machine(self, request: web.BaseRequest) -> Person | None:
        """Whose token the request carries; None without one. Raises `UnknownToken`."""
        told = request.headers.get("Authorization", "")
        if not told.lower().startswith(_BEARER):
            return None
        token = told[len(_BEARER) :].strip()
        return Person(await self._parts.ledger.staff.by_token(token, self._parts.clock()))

    async def somebody(self, request: web.BaseRequest) -> Person | None:
        """Whose session the request belongs to; None when nobody's, or it is over."""
        value = request.cookies.get(self.cookie)
        session = self.sessions.read(value, self._parts.clock()) if value else None
        if session is None:
            return None
        try:
            staff = await self._parts.ledger.staff.get(session.staff)
        except UnknownStaff:
            return None
        if staff.disabled or staff.generation != session.generation:
            return None
        return Person(staff, session)

    def check_origin(self, request: web.BaseRequest) -> None:
        """Raise `ForeignForm` when a browser says that another site's page sent this."""
        said = request.headers.get("Sec-Fetch-Site")
        origin = request.headers.get("Origin")
        if said is not None:
            foreign = said not in ("same-origin", "none")
        else:
            foreign = origin is not None and origin.partition("://")[2] != request.host
        if foreign:
            raise ForeignForm

    def check_form(self, session: Session, token: str) -> None:
        """Raise `ForeignForm` unless the form was made for this session."""
        if not self.sessions.is_form_token(session, token):
            raise ForeignForm

    def give(self, response: web.StreamResponse, session: Session) -> None:
        """Set the session's cookie."""
        self._set(response, self.sessions.cookie(session), None)

    def take(self, response: web.StreamResponse) -> None:
        """Remove the session's cookie."""
        self._set(response, "", 0)

    def _set(self, response: web.StreamResponse, value: str, max_age: int | None) -> None:
        response.set_cookie(
            self.cookie,
            value,
            max_age=max_age,
            path="/",
            secure=self._parts.settings.is_secure,
            httponly=True,
            samesite="Strict",
        )
