"""A real SMTP server that keeps what it takes, and is as hostile as a test wants it."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "veritem", "mật khẩu thư"


@dataclass
class MailBox:
    """What a server took, and what it answers."""

    port: int = 0
    mails: list[tuple[str, EmailMessage]] = field(default_factory=list)
    """Recipient and message."""
    rcpt: dict[str, str] = field(default_factory=dict)
    """The answer to a recipient, in place of 250."""
    data: str | None = None
    """The answer to a message, in place of 250; `cut` closes the connection in its place."""
    delay: float = 0.0
    """Seconds before it answers to a message."""
    asked: int = 0
    """How many messages were sent to it."""
    came: asyncio.Event = field(default_factory=asyncio.Event)
    """Set by each message."""

    @property
    def url(self) -> str:
        return f"smtp://{USER}@127.0.0.1:{self.port}"

    def subjects(self, address: str | None = None) -> list[str]:
        return [str(mail["Subject"]) for to, mail in self.mails if address in (None, to)]

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it so
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refusal = self.rcpt.get(address)
        if refusal is not None:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.asked += 1
        self.came.set()
        await asyncio.sleep(self.delay)
        if self.data == "cut":
            cast(asyncio.Transport, server.transport).abort()
            return "421 gone"
        if self.data is not None:
            return self.data
        message = message_from_bytes(cast(bytes, envelope.content), policy=default)
        for address in envelope.rcpt_tos:
            self.mails.append((address, message))
        return "250 kept"


def _check(server: SMTP, session: Any, envelope: Any, kind: str, proof: Any) -> AuthResult:
    is_right = isinstance(proof, LoginPassword) and (proof.login, proof.password) == (
        USER.encode(),
        PASSWORD.encode(),
    )
    return AuthResult(success=is_right, handled=False)


@asynccontextmanager
async def run_mail_server(
    tls: ssl.SSLContext | None, *, with_auth: bool = True
) -> AsyncIterator[MailBox]:
    """A server with STARTTLS if it has a certificate, and sign-in."""
    box = MailBox()

    def make() -> SMTP:
        return SMTP(
            box,
            tls_context=tls,
            require_starttls=tls is not None,
            authenticator=_check if with_auth else None,
            auth_required=with_auth,
            auth_require_tls=tls is not None,
            hostname="mail.example",
            loop=asyncio.get_running_loop(),
        )

    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()
