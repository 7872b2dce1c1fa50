"""Pages of the audit log: who did what, to what, when."""

import orjson
from aiohttp import web

from desk.pages.call import PageCall
from desk.pages.list_cells import link_subject, name_subject
from desk.pages.lists import render_list
from desk.pages.problem_texts import translate_slug
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes
from services.audit_log import get_entry
from services.lists.administration import AUDIT
from services.lists.find import find_person_names
from services.lists.subjects import find_subject_names
from services.permissions import Permission

routes = PageRoutes()

_SEE = (Permission.AUDIT_SEE,)


@routes.add("GET", "/audit", permissions=_SEE)
async def list_entries(call: PageCall) -> web.StreamResponse:
    """List the entries, the newest first."""
    texts = call.texts
    return await render_list(call, AUDIT, texts("audit.title"), lead=texts("audit.lead"))


@routes.add("GET", "/audit/{entry}", permissions=_SEE)
async def show_entry(call: PageCall, entry: int) -> web.StreamResponse:
    """Show an entry with its details and its hash."""
    found = await get_entry(call.context, entry)
    [names] = await find_subject_names(call.context, [found.subject])
    people = await find_person_names(call.context, found.actor)
    return render_page(
        call,
        "audit_entry.html",
        translate_slug(call.texts, "act", found.action),
        entry=found,
        acted_by=people.get(found.actor, found.actor),
        subject=name_subject(found.subject, names, call.texts),
        link=link_subject(found.subject),
        details=orjson.dumps(dict(found.details), option=orjson.OPT_INDENT_2).decode(),
    )
