"""One authenticated API request, as handlers see it."""

from dataclasses import dataclass, field

from aiohttp import web

from desk.runtime import DeskRuntime
from services import ServiceContext


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One API request of an authenticated account."""

    request: web.Request
    runtime: DeskRuntime
    context: ServiceContext
    headers: dict[str, str] = field(default_factory=dict)
    """Header fields that the handler adds to its response."""

    @property
    def key(self) -> str:
        """The idempotency key as sent; the use case refuses one that is missing or malformed."""
        return self.request.headers.get("Idempotency-Key", "")
