"""One connection to the mail server: encrypted, signed in, for the mails of one turn.

Rules of this file:

- `smtp://` demands STARTTLS before anything else is said; `smtps://` is TLS from the first byte.
  The server's certificate is verified. Without encryption only a server of this machine is used.
- What the server refuses is told apart: the address (5xx at RCPT), the mail (5xx at DATA), both for
  good; everything with 4xx, the sender, the sign-in and the connection, for now.
- Each command has a deadline, and the whole of a mail has one.
"""

import asyncio
import ssl
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self
from urllib.parse import unquote, urlsplit

import aiosmtplib

from web.control_characters import remove_control_characters

LONGEST_ANSWER: Final = 200
"""Characters of a reply that are kept, for the person who looks for the cause."""
_PORTS: Final = {"smtps": 465, "smtp": 587}
_PERMANENT: Final = range(500, 600)


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is sent through."""

    url: str
    """`smtp://user@host:587` or `smtps://user@host`."""
    password: str
    starts_tls: bool = True
    """Whether `smtp://` demands STARTTLS; False only for a server of this machine."""


class MailServerDown(Exception):
    """The server is not reached, not trusted, or takes no mail from us at present."""

    def __init__(self, failure: str, answer: str = "", status: int | None = None) -> None:
        super().__init__(failure, answer)
        self.failure = failure
        self.answer = answer
        self.status = status


@dataclass(frozen=True, slots=True)
class MailReply:
    """Answer of the server to a mail; `failure` is None when it was sent."""

    status: int | None
    failure: str | None
    answer: str = ""
    is_final: bool = False
    is_address_refused: bool = False


class MailConnection:
    """A connection to the mail server; opened by `async with`. Raises `MailServerDown`."""

    def __init__(
        self, server: MailServer, *, seconds: float, tls: ssl.SSLContext | None = None
    ) -> None:
        parts = urlsplit(server.url)
        is_smtps = parts.scheme == "smtps"
        self._seconds = seconds
        user = unquote(parts.username) if parts.username else None
        self._client = aiosmtplib.SMTP(
            hostname=parts.hostname,
            port=parts.port or _PORTS[parts.scheme],
            username=user,
            password=server.password if user else None,
            use_tls=is_smtps,
            start_tls=False if is_smtps else server.starts_tls,
            tls_context=tls or ssl.create_default_context(),
            timeout=seconds,
        )

    async def __aenter__(self) -> Self:
        try:
            async with asyncio.timeout(2 * self._seconds):
                await self._client.connect()
        except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as error:
            self._client.close()
            raise _describe_trouble(error) from error
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            async with asyncio.timeout(1):
                await self._client.quit()
        except (aiosmtplib.SMTPException, OSError, TimeoutError):
            self._client.close()

    async def send(self, sender: str, address: str, message: bytes) -> MailReply:
        """Send one mail. Raises `MailServerDown` if the connection is of no further use."""
        try:
            async with asyncio.timeout(2 * self._seconds):
                _, said = await self._client.sendmail(sender, [address], message)
        except aiosmtplib.SMTPRecipientsRefused as refused:
            [one] = refused.recipients
            is_final = one.code in _PERMANENT
            return MailReply(
                one.code,
                "address-refused" if is_final else "deferred",
                _shorten(one.message),
                is_final=is_final,
                is_address_refused=is_final,
            )
        except aiosmtplib.SMTPSenderRefused as refused:
            # Nothing is wrong with the mail: `notices.mail_from` is not ours to send from.
            raise MailServerDown(
                "sender-refused", _shorten(refused.message), refused.code
            ) from None
        except aiosmtplib.SMTPDataError as refused:
            is_final = refused.code in _PERMANENT
            failure = "mail-refused" if is_final else "deferred"
            return MailReply(refused.code, failure, _shorten(refused.message), is_final=is_final)
        except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as error:
            self._client.close()
            raise _describe_trouble(error) from error
        return MailReply(250, None, _shorten(said))


def _describe_trouble(error: Exception) -> MailServerDown:
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return MailServerDown("sign-in-refused", _shorten(error.message), error.code)
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return MailServerDown("server-refused", _shorten(error.message), error.code)
    if isinstance(error, TimeoutError):
        return MailServerDown("timeout")
    if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
        return MailServerDown("certificate")
    if isinstance(error, aiosmtplib.SMTPServerDisconnected):
        return MailServerDown("cut-off")
    if isinstance(error, aiosmtplib.SMTPConnectError | OSError):
        return MailServerDown("not-reached")
    return MailServerDown("not-encrypted" if "TLS" in str(error) else "malformed-answer")


def _shorten(text: str) -> str:
    return remove_control_characters(" ".join(text.split()))[:LONGEST_ANSWER]
