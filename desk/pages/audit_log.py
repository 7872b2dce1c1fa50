"""The page of the audit log: who did what, to what, when."""

from typing import Final
from urllib.parse import urlencode

import orjson
from aiohttp import web

from desk.pages.call import PageCall
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes
from services.audit_log import AuditQuery, search_audit
from services.permissions import Permission

routes = PageRoutes()

_FIELDS: Final = ("person", "act", "subject", "since", "until")
_SHOWN: Final = 50


@routes.add("GET", "/audit", permissions=(Permission.AUDIT_SEE,))
async def show_audit(call: PageCall) -> web.StreamResponse:
    """Show the entries that match, the newest first."""
    asked = {name: call.query[name].strip() for name in _FIELDS if call.query.get(name)}
    page = await search_audit(
        call.context, AuditQuery(**asked), limit=_SHOWN, after=call.query.get("after")
    )
    return render_page(
        call,
        "audit.html",
        call.texts("audit.title"),
        entries=[
            (entry, orjson.dumps(dict(entry.details), option=orjson.OPT_INDENT_2).decode())
            for entry in page.items
        ],
        asked=asked,
        following=urlencode({**asked, "after": page.next}) if page.next else None,
    )
