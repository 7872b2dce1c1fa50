"""The portal of the sandbox: takes webhooks over HTTPS, verifies them, and shows what it got.

It stands for the portal of a province or for a developer's own receiver. Its certificate is made
for the sandbox and trusted by nobody else. What it took is in `portal.jsonl`, one message a line.
"""

import datetime
import html
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp
import orjson
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from notices.webhook_sender import WebhookSender
from web.security_headers import content_security_policy

HOST: Final = "portal.sandbox.example"
"""Name of the portal in webhooks; only the sandbox leads it to this machine."""
CERTIFICATE: Final = "portal.pem"
_LOOPBACK: Final = "127.0.0.1"
_RECEIVED: Final = "portal.jsonl"
_MOST_SHOWN: Final = 50
_LONGEST_BODY: Final = 1 << 20
_DAYS: Final = 3650
_ANSWER_SECONDS: Final = 5.0
_PAGE: Final = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>Sandbox portal</title>
<style>body{{font:1rem/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}}
pre{{background:#f3f4f6;color:#111;padding:1rem;overflow:auto;max-height:24rem}}</style>
<h1>Sandbox portal</h1><p>This is what the webhooks of the sandbox brought: {count} messages, the
newest first. Every signature was verified.</p>{messages}</html>"""


class SandboxPortal:
    """What the portal got; `secrets` are the secrets of its webhooks by path."""

    def __init__(self, folder: Path, secrets: Mapping[str, str]) -> None:
        self._path = folder / _RECEIVED
        self._signers = {path: Webhook(secret) for path, secret in secrets.items()}
        self._messages: list[dict[str, Any]] = []
        self._seen: set[str] = set()
        if self._path.exists():
            for line in self._path.read_bytes().splitlines():
                self._remember(orjson.loads(line))

    @property
    def messages(self) -> list[dict[str, Any]]:
        """All messages, the oldest first."""
        return self._messages

    async def take(self, request: web.Request) -> web.Response:
        """Take one message; the same one again is kept once."""
        signer = self._signers.get(request.path)
        if signer is None:
            raise web.HTTPNotFound
        body = await request.text()
        try:
            signer.verify(body, dict(request.headers))
        except WebhookVerificationError as error:
            raise web.HTTPBadRequest(text=str(error)) from error
        message = {
            "id": request.headers["webhook-id"],
            "path": request.path,
            "body": orjson.loads(body),
        }
        if message["id"] not in self._seen:
            with self._path.open("ab") as file:
                file.write(orjson.dumps(message) + b"\n")
            self._remember(message)
        return web.Response(status=204)

    async def show(self, _: web.Request) -> web.Response:
        """The page of what came."""
        shown = "".join(
            f"<h2>{html.escape(one['path'])} · {html.escape(one['id'])}</h2><pre>"
            f"{html.escape(orjson.dumps(one['body'], option=orjson.OPT_INDENT_2).decode())}</pre>"
            for one in reversed(self._messages[-_MOST_SHOWN:])
        )
        page = _PAGE.format(count=len(self._messages), messages=shown)
        policy = content_security_policy(style="'unsafe-inline'")
        return web.Response(
            text=page, content_type="text/html", headers={"Content-Security-Policy": policy}
        )

    async def list_messages(self, _: web.Request) -> web.Response:
        """What came, as JSON."""
        return web.Response(body=orjson.dumps(self._messages), content_type="application/json")

    def _remember(self, message: dict[str, Any]) -> None:
        self._seen.add(message["id"])
        self._messages.append(message)


@asynccontextmanager
async def run_portal(
    folder: Path, secrets: Mapping[str, str], receiving: socket.socket, showing: socket.socket
) -> AsyncIterator[SandboxPortal]:
    """Serve until the block ends: messages over HTTPS, the page over HTTP."""
    portal = SandboxPortal(folder, secrets)
    receiver = web.Application(client_max_size=_LONGEST_BODY)
    receiver.router.add_post("/{path:.*}", portal.take)
    pages = web.Application()
    pages.router.add_get("/", portal.show)
    pages.router.add_get("/messages", portal.list_messages)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(folder / CERTIFICATE)
    runners = [web.AppRunner(app, shutdown_timeout=0.2) for app in (receiver, pages)]
    for runner in runners:
        await runner.setup()
    try:
        await web.SockSite(runners[0], receiving, ssl_context=tls).start()
        await web.SockSite(runners[1], showing).start()
        yield portal
    finally:
        for runner in runners:
            await runner.cleanup()


def make_sender(folder: Path) -> WebhookSender:
    """A sender of webhooks that leads every name to this machine and trusts the portal alone."""
    return WebhookSender(
        seconds=_ANSWER_SECONDS,
        is_allowed=lambda address: address == _LOOPBACK,
        tls=ssl.create_default_context(cafile=str(folder / CERTIFICATE)),
        resolver=_LoopbackResolver(),
    )


def make_certificate(folder: Path) -> None:
    """Write key and certificate of the portal."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName(HOST), x509.DNSName(f"*.{HOST.partition('.')[2]}")]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=_DAYS))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = certificate.public_bytes(serialization.Encoding.PEM)
    (folder / CERTIFICATE).write_bytes(private + public)


class _LoopbackResolver(aiohttp.abc.AbstractResolver):
    """Leads every name to this machine."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[aiohttp.abc.ResolveResult]:
        """The loopback address."""
        return [
            aiohttp.abc.ResolveResult(
                hostname=host,
                host=_LOOPBACK,
                port=port,
                family=socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        """Nothing to close."""
