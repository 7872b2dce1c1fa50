"""One delivery to a webhook: a signed POST over HTTPS to a public address.

Rules of this file:

- The address is judged where the socket is made, so a name that resolves to another address the
  second time (DNS rebinding) is judged by the one that is connected to.
- No redirect is followed, no proxy is used, no cookie is kept, no connection is used again.
- The whole delivery has one deadline. Of the answer `LONGEST_ANSWER` bytes are read at most.
- Messages are signed as Standard Webhooks 1.0 says (standardwebhooks.com).
"""

import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, Self

import aiohttp
from standardwebhooks.webhooks import Webhook as Signer

from web.control_characters import remove_control_characters
from web.public_address import is_public_address

LONGEST_ANSWER: Final = 2_048
"""Bytes of an answer that are read."""
LONGEST_EXCERPT: Final = 200
"""Characters of an answer that are kept, for the person who looks for the cause."""
_MOST_CONNECTIONS: Final = 64
_USER_AGENT: Final = "Veritem-Webhooks/1"


class AddressRefused(OSError):
    """The address of a receiver is not a public one."""


@dataclass(frozen=True, slots=True)
class SentAnswer:
    """Answer of a receiver; `failure` is None when the message was delivered."""

    status: int | None
    failure: str | None
    excerpt: str = ""


class WebhookSender:
    """Sends messages to webhooks; close it after use.

    `is_allowed` judges an IP address. `tls` verifies receivers; None trusts the system's roots.
    """

    def __init__(
        self,
        *,
        seconds: float,
        is_allowed: Callable[[str], bool] = is_public_address,
        tls: ssl.SSLContext | None = None,
        resolver: aiohttp.abc.AbstractResolver | None = None,
    ) -> None:
        self._is_allowed = is_allowed
        self._timeout = aiohttp.ClientTimeout(total=seconds)
        self._tls = tls or ssl.create_default_context()
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(
            limit=_MOST_CONNECTIONS,
            force_close=True,
            use_dns_cache=False,
            ssl=self._tls,
            socket_factory=self._make_socket,
            resolver=self._resolver,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=self._timeout,
            auto_decompress=False,
            trust_env=False,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def send(
        self, url: str, message: str, body: str, secrets: Sequence[str], *, at: int
    ) -> SentAnswer:
        """Send a message, signed with each secret. `at` is the present time in milliseconds."""
        if self._session is None:
            raise RuntimeError("the sender is not open")
        if not url.startswith("https://"):
            return SentAnswer(None, "not-https")
        try:
            async with self._session.post(
                url,
                data=body.encode(),
                headers=make_headers(message, body, secrets, at=at),
                allow_redirects=False,
            ) as answer:
                content = await _read_some(answer)
        except TimeoutError:
            return SentAnswer(None, "timeout")
        except (aiohttp.ClientConnectorCertificateError, aiohttp.ClientConnectorSSLError):
            return SentAnswer(None, "certificate")
        except (aiohttp.ClientConnectorDNSError, aiohttp.InvalidURL):
            return SentAnswer(None, "unknown-host")
        except aiohttp.ClientConnectorError as error:
            refused = isinstance(error.os_error, AddressRefused)
            return SentAnswer(None, "address-refused" if refused else "not-reached")
        except (aiohttp.ClientError, ValueError):
            return SentAnswer(None, "malformed-answer")
        excerpt = remove_control_characters(content.decode("utf-8", "replace"))[:LONGEST_EXCERPT]
        if 200 <= answer.status < 300:
            return SentAnswer(answer.status, None, excerpt)
        failure = "redirect" if 300 <= answer.status < 400 else "refused"
        return SentAnswer(answer.status, failure, excerpt)

    def _make_socket(self, address: tuple[Any, ...]) -> socket.socket:
        """The socket of one address. Raises `AddressRefused`."""
        family, kind, protocol, _, place = address
        if not self._is_allowed(place[0]):
            raise AddressRefused("the address is not a public one")
        return socket.socket(family=family, type=kind, proto=protocol)


def make_headers(message: str, body: str, secrets: Sequence[str], *, at: int) -> dict[str, str]:
    """The headers of a message with its signatures, one for each secret."""
    moment = datetime.fromtimestamp(at // 1000, UTC)
    signatures = [Signer(one).sign(msg_id=message, timestamp=moment, data=body) for one in secrets]
    return {
        "Content-Type": "application/json",
        "User-Agent": _USER_AGENT,
        "Idempotency-Key": message,
        "webhook-id": message,
        "webhook-timestamp": str(at // 1000),
        "webhook-signature": " ".join(signatures),
    }


async def _read_some(answer: aiohttp.ClientResponse) -> bytes:
    """The first bytes of an answer."""
    content = b""
    while len(content) < LONGEST_ANSWER:
        part = await answer.content.read(LONGEST_ANSWER - len(content))
        if not part:
            break
        content += part
    return content
