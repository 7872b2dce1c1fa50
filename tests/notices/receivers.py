"""Receivers of webhooks over real HTTPS, honest and hostile, and a resolver that tests set."""

import asyncio
import datetime
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "receiver.example"


@dataclass(frozen=True)
class TestTls:
    """A certificate for `HOST`, and a client that trusts it."""

    __test__ = False

    server: ssl.SSLContext
    client: ssl.SSLContext


def make_tls(folder: Path) -> TestTls:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName(HOST), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "receiver.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(path)
    return TestTls(server, ssl.create_default_context(cafile=str(path)))


@dataclass
class Receiver:
    """An HTTPS receiver; `answer` decides what it says."""

    port: int = 0
    status: int = 204
    answer: Callable[[web.Request], Awaitable[web.StreamResponse]] | None = None
    requests: list[tuple[dict[str, str], str]] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)
    """Set by each request."""

    @property
    def url(self) -> str:
        return f"https://{HOST}:{self.port}/hook"

    async def take(self, request: web.Request) -> web.StreamResponse:
        self.requests.append((dict(request.headers), (await request.read()).decode()))
        self.came.set()
        if self.answer is not None:
            return await self.answer(request)
        return web.Response(status=self.status, headers={"Location": "/elsewhere"})


@asynccontextmanager
async def run_receiver(tls: TestTls) -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", receiver.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        listening = socket.create_server(("127.0.0.1", 0))
        await web.SockSite(runner, listening, ssl_context=tls.server).start()
        receiver.port = listening.getsockname()[1]
        yield receiver
    finally:
        await runner.cleanup()


class SetResolver(aiohttp.abc.AbstractResolver):
    """A resolver whose answers a test sets: the next list of addresses for each question."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: Any = socket.AF_UNSPEC
    ) -> list[aiohttp.abc.ResolveResult]:
        self.asked += 1
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if not found:
            raise OSError("unknown host")
        return [
            aiohttp.abc.ResolveResult(
                hostname=host,
                host=one,
                port=port,
                family=socket.AF_INET6 if ":" in one else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for one in found
        ]

    async def close(self) -> None:
        pass


async def drip(request: web.Request) -> web.StreamResponse:
    """Answer a byte at a time, without end."""
    answer = web.StreamResponse()
    await answer.prepare(request)
    while True:
        await answer.write(b".")
        await asyncio.sleep(0.02)


async def pour(request: web.Request) -> web.StreamResponse:
    """Answer without end, as fast as it is taken."""
    answer = web.StreamResponse()
    await answer.prepare(request)
    while True:
        await answer.write(b"x" * 65_536)
