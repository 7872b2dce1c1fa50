"""A resolver beside a running desk, on its ledger: what the public is told of a stamp."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import aiohttp
from playwright.async_api import Browser, Page, expect

from claims import open_in_process
from detection.rules import Rules
from resolver import ResolverSettings, open_dependencies, run_service
from resolver.texts import WORDS
from tests.desk.running_desk import RING, SECRET, SIGNER, RunningDesk
from tests.resolver.orchard import PINS
from web.i18n import Language

_JSON: Final = {"Accept": "application/json"}
_PATIENCE: Final = 10.0
"""A busy machine is slow; `fastest` tells what the service can do."""
_PAUSE: Final = 0.02


@dataclass
class PublicPage:
    """The public pages of a desk's stamps, as the resolver serves them."""

    url: str
    session: aiohttp.ClientSession
    seconds: list[float] = field(default_factory=list)
    """What `wait_for` measured."""

    async def wait_for(self, code: str, verdict: str) -> None:
        """Ask until the page of a stamp shows a verdict."""
        began = time.monotonic()
        async with asyncio.timeout(_PATIENCE):
            while await self._ask(code) != verdict:  # noqa: ASYNC110 - what another service does
                await asyncio.sleep(_PAUSE)
        self.seconds.append(time.monotonic() - began)

    async def _ask(self, code: str) -> str:
        async with self.session.get(f"{self.url}/S/{code}", headers=_JSON) as answer:
            return str((await answer.json())["verdict"])

    async def look(self, page: Page, code: str, verdict: str, language: Language) -> None:
        """Open a stamp's page in a browser, and read the verdict there."""
        await page.goto(f"{self.url}/S/{code}?lang={language}")
        await expect(page.locator("h1")).to_have_text(WORDS[language](f"verdict.{verdict}.title"))


def code_of(batch: int, index: int) -> str:
    """The code of a stamp of the desk."""
    return str(RING.seal(batch, index, index + 1)[0].decode())


@asynccontextmanager
async def open_public_page(desk: RunningDesk) -> AsyncIterator[PublicPage]:
    """Run a resolver on the ledger of a desk, by its clock and keys."""
    settings = ResolverSettings(
        ledger=desk.dependencies.settings.ledger,
        attachments=desk.dependencies.settings.attachments,
        report_spool=desk.dependencies.settings.report_spool,
        port=0,
        admin_port=0,
        drain_seconds=0.2,  # browsers keep their connections
    )
    opened = open_dependencies(
        settings,
        keys=RING,
        open_claims=open_in_process(PINS),
        public_keys=SIGNER.public_keys(),
        rules=Rules(),
        secret=SECRET,
        clock=desk.clock,
    )
    async with (
        opened as parts,
        run_service(parts) as running,
        aiohttp.ClientSession() as session,
    ):
        yield PublicPage(running.url, session)


async def open_phone(browser: Browser) -> Page:
    """A consumer's phone."""
    context = await browser.new_context(viewport={"width": 390, "height": 780})
    return await context.new_page()
