"""Keeping a form without carrying it out: the language switch shows it in another language."""

from dataclasses import replace
from urllib.parse import parse_qsl, urlencode, urlsplit

from aiohttp import web

from desk.forms.drafts import DRAFT_PARAMETER, PAGE_PARAMETER
from desk.forms.sent_form import KEEP_PATH
from desk.pages.call import PageCall
from desk.pages.local_path import is_local_path
from desk.pages.routing import PageRoutes, keep_form, redirect

routes = PageRoutes()


@routes.add("POST", KEEP_PATH)
async def keep_typed_form(call: PageCall) -> web.StreamResponse:
    """Keep what was typed, with the flaws that the page showed, and lead back to its page."""
    asked = call.query.get(PAGE_PARAMETER, "/")
    if not is_local_path(asked):
        return redirect("/")
    path, query = urlsplit(asked).path, dict(parse_qsl(urlsplit(asked).query))
    before = None
    if shown := query.pop(DRAFT_PARAMETER, None):
        before = await call.runtime.drafts.find(call.owner, shown, path)
    address = await keep_form(
        replace(call, page=path),
        before.reason if before and before.refusal else "language",
        before.refusal if before else None,
    )
    _, _, draft = address.partition("?")
    return redirect(f"{path}?{urlencode({**query, 'lang': call.language})}&{draft}")
