"""The claim service in a process of its own, over loopback TCP or a Unix socket."""

from typing import Final

import structlog
from aiohttp import (
    BaseConnector,
    ClientError,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
    UnixConnector,
)
from pydantic import ValidationError

from web.claim_exchange import ClaimAnswer, ClaimQuestion, ClaimsUnavailable, get_socket_path

_ANSWER_SECONDS: Final = 2.0
_SERVICE: Final = "the claim service"

_log = structlog.get_logger(__name__)


class HttpClaimService:
    """Asks the claim service at an address; created while an event loop runs."""

    def __init__(self, address: str, secret: str) -> None:
        path = get_socket_path(address)
        connector: BaseConnector
        # Claims are few. A new connection each is never one that the other side has just closed.
        if path is None:
            connector, self._base = TCPConnector(force_close=True), address.rstrip("/")
        else:
            connector, self._base = (
                UnixConnector(path.as_posix(), force_close=True),
                "http://claims",
            )
        self._session = ClientSession(
            connector=connector,
            timeout=ClientTimeout(total=_ANSWER_SECONDS),
            headers={"Authorization": f"Bearer {secret}"},
            cookie_jar=DummyCookieJar(),
        )

    async def claim(self, question: ClaimQuestion) -> ClaimAnswer:
        """See the port."""
        body = await self._ask("POST", "/v1/claims", question.model_dump_json().encode())
        try:
            return ClaimAnswer.model_validate_json(body)
        except ValidationError:
            _log.error("the claim service answers in another form")
            raise ClaimsUnavailable(what=_SERVICE) from None

    async def check(self) -> None:
        """See the port."""
        await self._ask("GET", "/health")

    async def close(self) -> None:
        """See the port."""
        await self._session.close()

    async def _ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        try:
            async with self._session.request(
                method, self._base + path, data=body, allow_redirects=False
            ) as response:
                answer, status = await response.read(), response.status
        except (ClientError, TimeoutError, OSError) as error:
            raise ClaimsUnavailable(what=_SERVICE) from error
        if status >= 300:
            # 503 says what the service itself cannot reach; anything else is a wrong setting.
            _log.error("claim service refuses", status=status, answer=answer[:200].decode("latin1"))
            raise ClaimsUnavailable(what=_SERVICE)
        return answer
