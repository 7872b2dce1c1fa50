"""One authenticated API request, as handlers see it."""

from dataclasses import dataclass, field

from aiohttp import web

from desk.api.authentication import TOKEN
from desk.runtime import DeskRuntime
from services import ServiceContext
from services.sign_in import IdentityProof


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One API request of an authenticated account."""

    request: web.Request
    runtime: DeskRuntime
    context: ServiceContext
    version: str | None = None
    """The version that `If-Match` names; None where it names none."""
    headers: dict[str, str] = field(default_factory=dict)
    """Header fields that the handler adds to its response."""

    @property
    def key(self) -> str:
        """The idempotency key as sent; the use case refuses one that is missing or malformed."""
        return self.request.headers.get("Idempotency-Key", "")

    def make_proof(self, password: str, otp: str | None) -> IdentityProof:
        """Return the credentials that the account proves itself with, beyond its token."""
        return IdentityProof(password, otp, f"token {self.request[TOKEN]}")
