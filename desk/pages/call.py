"""One request for a page, as handlers see it; and its language."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from desk.auth.authenticator import SignedIn
from desk.auth.errors import NotSignedIn
from desk.forms.drafts import DraftOwner, FormDraft
from desk.forms.flash import Flash
from desk.forms.invalid_form import make_invalid_form
from desk.runtime import DeskRuntime
from desk.texts import TEXTS
from ledger import Staff
from services import ServiceContext
from services.errors import InvalidInput
from services.sign_in import IdentityProof
from web.errors import MalformedBody
from web.i18n import Language, Texts, negotiate_language, parse_language_switch

_COOKIE: Final = "lang"
_YEAR_SECONDS: Final = 31_536_000
Form = TypeVar("Form", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class PageCall:
    """One request for a page."""

    request: web.Request
    runtime: DeskRuntime
    signed_in: SignedIn | None
    language: Language
    fields: Mapping[str, str] = field(default_factory=dict)
    """The submitted form with blanks stripped; on the page that shows a draft, the draft's."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """The uploaded files by the name of their field; those that were not chosen are left out."""
    page: str = ""
    """The path of the page: of the request, or of the page that shows the form that was sent."""
    draft: FormDraft | None = None
    """The form that the page shows again."""
    is_draft_lost: bool = False
    """Whether the page was asked to show a draft that is kept no longer."""
    flash: Flash | None = None
    """Message of the request before."""

    @property
    def staff(self) -> Staff:
        """The account that is signed in. Raises `NotSignedIn`."""
        if self.signed_in is None:
            raise NotSignedIn
        return self.signed_in.staff

    @property
    def owner(self) -> DraftOwner:
        """Owner of the forms that are kept for this account. Raises `NotSignedIn`."""
        browser = self.runtime.authenticator.find_browser(self.request)
        return DraftOwner(self.staff.id, browser.id if browser else "")

    @property
    def context(self) -> ServiceContext:
        """The context of the use cases. Raises `NotSignedIn`."""
        return self.runtime.dependencies.context_of(self.staff)

    @property
    def texts(self) -> Texts:
        """The texts in the page's language."""
        return TEXTS[self.language]

    @property
    def query(self) -> Mapping[str, str]:
        """The query parameters."""
        return self.request.query

    @property
    def key(self) -> str:
        """The idempotency key of the submitted form."""
        return self.fields.get("key", "")

    def take_file(self, name: str) -> bytes:
        """The content of the uploaded file; empty without one.

        Raises `MalformedBody` for a file of another name.
        """
        for other in self.files:
            if other != name:
                raise MalformedBody(field=other, why="is not a field here")
        return self.files.get(name, b"")

    def require_file(self, name: str) -> bytes:
        """The content of the uploaded file, which must be there.

        Raises `InvalidInput` without one, `MalformedBody` for a file of another name.
        """
        content = self.take_file(name)
        if not content:
            raise InvalidInput(field=name, why="is missing", expected="missing")
        return content

    def make_proof(self, password: str, otp: str | None) -> IdentityProof:
        """Credentials of the account beside its session. Raises `NotSignedIn`."""
        if self.signed_in is None:
            raise NotSignedIn
        return IdentityProof(password, otp, self.signed_in.session.nonce)

    def parse_form(self, model: type[Form]) -> Form:
        """The submitted form as its model. Raises `InvalidForm`, which names all flaws."""
        try:
            return model.model_validate(dict(self.fields), context=self.language)
        except ValidationError as error:
            raise make_invalid_form(model, error) from None


def choose_language(request: web.Request) -> Language:
    """The page's language: the switch on the page, the remembered choice, the browser's."""
    remembered = parse_language_switch(f"{_COOKIE}={request.cookies.get(_COOKIE, '')}")
    return (
        parse_language_switch(request.query_string)
        or remembered
        or negotiate_language(request.headers.get("Accept-Language", ""))
    )


def remember_language(
    request: web.Request, response: web.StreamResponse, runtime: DeskRuntime
) -> None:
    """Set the cookie of the language when the switch on the page was used."""
    chosen = parse_language_switch(request.query_string)
    if chosen is not None and not response.prepared:
        response.set_cookie(
            _COOKIE,
            chosen,
            max_age=_YEAR_SECONDS,
            path="/",
            secure=runtime.dependencies.settings.is_secure,
            httponly=True,
            samesite="Strict",
        )
