"""The desk of the demo: its two accounts may do what every role may, so one sign-in shows all."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from cli.demo.story import SECRET, Story
from desk.dependencies import DeskDependencies
from desk.serve import run_desk
from desk.settings import DeskSettings
from issuer import Issuer
from ledger import open_ledger
from ledger.notices.webhooks import SEAL_PURPOSE
from ledger.storage.secret_seal import SecretSeal
from services.notices.mail_addresses import make_mail_tools
from web.errors import AddressTaken
from web.listening_sockets import ListeningSockets
from web.sockets import bind_socket


@asynccontextmanager
async def run_demo_desk(story: Story, folder: Path, host: str, address: str) -> AsyncIterator[str]:
    """Serve the desk on the story's ledger, on its usual port or a free one; yield its URL.

    `host` is where it listens, `address` how other machines reach it.
    """
    try:
        listening = bind_socket(host, DeskSettings().port)
    except AddressTaken:
        listening = bind_socket(host, 0)
    port = listening.getsockname()[1]
    settings = DeskSettings(
        host=host,
        port=port,
        admin_port=0,
        public_url=f"http://{address}:{port}",
        ledger=story.settings.resolver.ledger,
        attachments=story.settings.resolver.attachments,
        bundles=str(folder / "bundles"),
    )
    async with await open_ledger(
        settings.ledger, clock=story.clock, otp_keys=lambda: [SECRET]
    ) as ledger:
        dependencies = DeskDependencies(
            ledger=ledger,
            issuer=Issuer(ledger, story.issuer.keys, story.issuer.signer),
            secret=SECRET,
            clock=story.clock,
            stamp_host=story.settings.printing.host,
            stamp_scheme=story.settings.printing.scheme,
            settings=settings,
            webhook_seal=SecretSeal(SEAL_PURPOSE, lambda: [SECRET]),
            rules=story.settings.rules,
            mail=make_mail_tools(lambda: [SECRET], is_on=False),
        )
        async with run_desk(dependencies, ListeningSockets([listening])):
            yield settings.public_url
