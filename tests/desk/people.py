"""A person at the pages: a browser without scripts, over HTTP."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape
from typing import Any

import aiohttp

from tests.desk.running_desk import PASSWORD, RunningDesk


@dataclass
class Page:
    """What came back."""

    status: int
    path: str
    html: str
    headers: Any

    @property
    def text(self) -> str:
        """What people read, tags left out."""
        body = re.sub(r"(?s)<(style|svg).*?</\1>", "", self.html)
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())

    def hidden(self, name: str) -> str:
        """The value of a hidden field."""
        found = re.search(rf'name="{name}" value="([^"]*)"', self.html)
        assert found, f"no field {name} in {self.html}"
        return unescape(found[1])


@dataclass
class Somebody:
    """A person with a browser of their own."""

    desk: RunningDesk
    session: aiohttp.ClientSession

    async def get(self, path: str, **headers: str) -> Page:
        return await self._ask("GET", path, headers=headers)

    async def post(self, path: str, fields: dict[str, str] | None = None, **headers: str) -> Page:
        return await self._ask("POST", path, data=fields or {}, headers=headers)

    async def submit(self, page: Page, path: str, **fields: str) -> Page:
        """Send a form of a page, with its hidden fields."""
        hidden = {
            name: page.hidden(name)
            for name in ("csrf", "key", "version", "base")
            if name == "csrf" or f'name="{name}"' in page.html
        }
        return await self.post(path, {**hidden, **fields})

    async def sign_in(self, name: str, password: str = PASSWORD, following: str = "") -> Page:
        return await self.post("/sign-in", {"name": name, "password": password, "next": following})

    async def _ask(self, method: str, path: str, **more: Any) -> Page:
        async with self.session.request(method, self.desk.url + path, **more) as answer:
            html = await answer.text(errors="replace")  # a picture has no text
            return Page(answer.status, answer.url.raw_path_qs, html, answer.headers)


@asynccontextmanager
async def somebody(desk: RunningDesk, name: str | None = None) -> AsyncIterator[Somebody]:
    """A new browser, signed in as `name` if one is given."""
    jar = aiohttp.CookieJar(unsafe=True)  # for 127.0.0.1 too
    async with aiohttp.ClientSession(cookie_jar=jar, headers={"Accept-Language": "vi"}) as session:
        made = Somebody(desk, session)
        if name is not None:
            page = await made.sign_in(name)
            assert page.status == 200, page.text
        yield made
