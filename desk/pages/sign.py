"""Signing in and out, and one's own account: its password and the tokens of its machines."""

from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from desk.access import Access
from desk.call import Call, Person
from desk.errors import TokenLifetime
from desk.pages.render import Writer, home_of
from desk.routes import Route
from ledger import Staff
from stamps.errors import VeritemError

DAY_MS: Final = 86_400_000
_FORM: Final = ("application/x-www-form-urlencoded",)


class Sign:
    """The pages about who somebody is."""

    def __init__(self, access: Access) -> None:
        self._access = access

    async def ask(self, call: Call) -> web.StreamResponse:
        """Ask who it is."""
        if call.person is not None:
            return _to(home_of(call.staff))
        return self._form(call, call.query.get("next", ""))

    async def enter(self, call: Call) -> web.StreamResponse:
        """Begin a session."""
        fields, parts = call.fields, call.parts
        following = fields.get("next", "")
        try:
            staff = await call.ledger.staff.sign_in(
                fields.get("name", ""),
                fields.get("password", ""),
                fields.get("otp") or None,
                at=parts.clock(),
            )
        except VeritemError as refusal:
            return self._form(call, following, fields.get("name", ""), refusal)
        return self._begun(call, staff, following)

    async def leave(self, call: Call) -> web.StreamResponse:
        """End all sessions of the account."""
        await call.ledger.staff.end_sessions(call.actor)
        response = _to("/sign-in")
        self._access.take(response)
        return response

    async def account(self, call: Call) -> web.StreamResponse:
        """One's own account."""
        return await self._account(call)

    async def password(self, call: Call) -> web.StreamResponse:
        """Change one's password; the old one must be told, and other sessions end."""
        fields = call.fields
        try:
            await call.ledger.staff.check_password(call.actor, fields.get("old", ""))
            staff = await call.ledger.staff.set_password(
                call.actor, fields.get("new", ""), actor=call.actor
            )
        except VeritemError as refusal:
            return await self._account(call, refusal=refusal)
        return self._begun(call, staff, "/account")

    async def make_token(self, call: Call) -> web.StreamResponse:
        """Make a token and show it, once."""
        most, said = call.parts.settings.token_days, call.fields.get("days", "")
        days = int(said) if said.isascii() and said.isdigit() and len(said) < 6 else 0
        if not 1 <= days <= most:
            return await self._account(call, refusal=TokenLifetime(most=most))
        at = call.parts.clock()
        _, text = await call.ledger.staff.make_token(
            call.actor,
            label=call.fields.get("label", "")[:80] or "–",
            actor=call.actor,
            expires_at=at + days * DAY_MS,
            at=at,
        )
        return await self._account(call, made=text)

    async def revoke_token(self, call: Call) -> web.StreamResponse:
        """Revoke one of one's own tokens."""
        try:
            await call.ledger.staff.revoke_token(
                call.text("token"), staff=call.actor, actor=call.actor
            )
        except VeritemError as refusal:
            return await self._account(call, refusal=refusal)
        return _to("/account")

    def routes(self) -> tuple[Route, ...]:
        """The routes of these pages."""
        return (
            Route("GET", "/sign-in", self.ask, "sign.title", is_open=True),
            Route("POST", "/sign-in", self.enter, "sign.title", is_open=True, media=_FORM),
            Route("POST", "/sign-out", self.leave, "sign.out", media=_FORM),
            Route("GET", "/account", self.account, "account.title"),
            Route("POST", "/account/password", self.password, "account.password", media=_FORM),
            Route("POST", "/account/tokens", self.make_token, "account.tokens", media=_FORM),
            Route(
                *("POST", "/account/tokens/{token}/revoke", self.revoke_token, "account.tokens"),
                media=_FORM,
            ),
        )

    def _form(
        self, call: Call, following: str, name: str = "", refusal: VeritemError | None = None
    ) -> web.Response:
        writer = Writer(call, self._access.sessions)
        title = writer.words("sign.title")
        return writer.page("sign_in.html", title, refusal=refusal, following=following, name=name)

    def _begun(self, call: Call, staff: Staff, following: str) -> web.Response:
        # Only to a page of ours: a path, and none that a browser reads as another host.
        local = following.startswith("/") and not following.startswith(("//", "/\\", "/sign-"))
        response = _to(following if local else home_of(staff))
        session = self._access.sessions.begin(staff.id, staff.generation, call.parts.clock())
        self._access.give(response, session)
        return response

    async def _account(
        self, call: Call, refusal: VeritemError | None = None, made: str | None = None
    ) -> web.Response:
        writer = Writer(call, self._access.sessions)
        return writer.page(
            "account.html",
            writer.words("account.title"),
            refusal=refusal,
            made=made,
            tokens=await call.ledger.staff.tokens(call.actor),
            now=call.parts.clock(),
            most=call.parts.settings.token_days,
        )


def _to(path: str) -> web.Response:
    """Go and read another page."""
    return web.Response(status=303, headers={"Location": path, "Cache-Control": "no-store"})


def to_sign_in(call_path: str) -> web.Response:
    """Ask somebody to sign in first, and come back."""
    following = "" if call_path == "/" else "?" + urlencode({"next": call_path})
    return _to(f"/sign-in{following}")


def to_home(person: Person) -> web.Response:
    """To where somebody's work begins."""
    return _to(home_of(person.staff))
