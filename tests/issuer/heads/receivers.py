"""Receivers of chain heads over real sockets: a folder, a collector, a mail server."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from aiohttp import web

from issuer.heads import HeadPlace
from issuer.heads.places import CollectorPlace, FolderPlace, MailPlace

SECRET = "the collector's secret"
PASSWORD = "the auditor's password"
AUDITOR = "auditor@example.vn"


class Receiver(Protocol):
    """What a place pushes to; it can fail and come back."""

    place: HeadPlace

    def fail(self) -> None:
        """Refuse everything from now on."""

    def work(self) -> None:
        """Take everything again."""

    def save(self, to: Path) -> Path:
        """Save what came as an auditor would; a path for `read_heads`."""


class FolderReceiver:
    """A folder; it fails as a file in its place does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.place: HeadPlace = FolderPlace(folder)
        self._away = folder.with_name("away")

    def fail(self) -> None:
        if self.folder.exists():
            self.folder.rename(self._away)
        self.folder.touch()

    def work(self) -> None:
        self.folder.unlink()
        if self._away.exists():
            self._away.rename(self.folder)

    def save(self, to: Path) -> Path:
        return self.folder


@dataclass
class Collector:
    """An HTTP collector that keeps the bodies of authorized requests."""

    place: HeadPlace = field(init=False)
    bodies: list[bytes] = field(default_factory=list)
    status: int = 204

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        if request.headers.get("Authorization") != f"Bearer {SECRET}":
            return web.Response(status=401)
        if self.status < 300:
            self.bodies.append(body)
        return web.Response(status=self.status, headers={"Location": "/elsewhere"})

    def fail(self) -> None:
        self.status = 503

    def work(self) -> None:
        self.status = 204

    def save(self, to: Path) -> Path:
        path = to / "collected.jsonl"
        path.write_bytes(b"".join(self.bodies))
        return path


@asynccontextmanager
async def run_collector() -> AsyncIterator[Collector]:
    collector = Collector()
    app = web.Application()
    app.router.add_post("/heads", collector.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        collector.place = CollectorPlace(f"http://127.0.0.1:{port}/heads", SECRET)
        yield collector
    finally:
        await runner.cleanup()


@dataclass
class MailServer:
    """An SMTP server (RFC 5321) that takes mail over TLS from one user."""

    tls: ssl.SSLContext
    from_first_byte: bool
    place: HeadPlace = field(init=False)
    mails: list[bytes] = field(default_factory=list)
    offers_tls: bool = True
    refuses: bool = False

    def fail(self) -> None:
        self.refuses = True

    def work(self) -> None:
        self.refuses = False

    def save(self, to: Path) -> Path:
        folder = to / "mails"
        folder.mkdir(exist_ok=True)
        # An auditor saves the last mail; each has the heads since the one before.
        path = folder / "last.eml"
        path.write_bytes(self.mails[-1])
        return path

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        is_private, is_user = self.from_first_byte, False
        writer.write(b"220 mail.example ESMTP\r\n")
        while line := await reader.readline():
            verb = line.split()[0].upper() if line.split() else b""
            if verb == b"EHLO":
                lines = [b"250-mail.example\r\n"]
                if self.offers_tls and not is_private:
                    lines.append(b"250-STARTTLS\r\n")
                writer.write(b"".join([*lines, b"250 AUTH PLAIN\r\n"]))
            elif verb == b"STARTTLS":
                writer.write(b"220 go on\r\n")
                await writer.start_tls(self.tls)
                is_private = True
            elif verb == b"AUTH":
                due = base64.b64encode(f"\0veritem\0{PASSWORD}".encode())
                is_user = is_private and line.split()[2] == due
                writer.write(b"235 welcome\r\n" if is_user else b"535 no such user\r\n")
            elif verb == b"RCPT" and (self.refuses or not is_user):
                writer.write(b"451 not now\r\n")
            elif verb == b"DATA":
                writer.write(b"354 go on\r\n")
                content = await reader.readuntil(b"\r\n.\r\n")
                self.mails.append(content[:-3].replace(b"\r\n..", b"\r\n."))
                writer.write(b"250 taken\r\n")
            elif verb == b"QUIT":
                writer.write(b"221 bye\r\n")
                break
            else:
                writer.write(b"250 ok\r\n")
        writer.close()


@asynccontextmanager
async def run_mail_server(tls: ssl.SSLContext, scheme: str) -> AsyncIterator[MailServer]:
    server = MailServer(tls, from_first_byte=scheme == "smtps")
    listening = await asyncio.start_server(
        server.talk, "127.0.0.1", 0, ssl=tls if server.from_first_byte else None
    )
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        url = f"{scheme}://veritem@127.0.0.1:{port}"
        server.place = MailPlace(url, PASSWORD, "veritem@example.vn", [AUDITOR], 3600)
        yield server
