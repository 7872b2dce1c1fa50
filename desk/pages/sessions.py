"""Pages of sessions: the list, and one with its end."""

from aiohttp import web

from desk.pages.call import PageCall
from desk.pages.forms import Form
from desk.pages.lists import render_list
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from ledger.accounts.staff_sessions import make_session_id
from services.accounts import sessions
from services.lists.access import SESSIONS
from services.lists.find import find_person_names
from services.permissions import Permission, has_permission

routes = PageRoutes()


@routes.add("GET", "/sessions")
async def list_sessions(call: PageCall) -> web.StreamResponse:
    """List the sessions that the account may see."""
    texts = call.texts
    return await render_list(
        call, SESSIONS, texts("sessions.list"), lead=texts("sessions.list_lead")
    )


@routes.add("GET", "/sessions/{session}")
async def show_session(call: PageCall, session: str) -> web.StreamResponse:
    """Show a session."""
    row = await sessions.get_session(call.context, session)
    people = await find_person_names(call.context, row["staff"])
    is_own = row["staff"] == call.staff.id
    is_this = session == make_session_id(call.make_proof("", None).session)
    may_end = is_own or has_permission(call.context.actor, Permission.ACCOUNT_MANAGE)
    return render_page(
        call,
        "session.html",
        row["browser"],
        trail=[(call.texts("sessions.list"), "/sessions")],
        row=row,
        person_name=people.get(row["staff"], row["staff"]),
        is_this=is_this,
        may_end=may_end and not is_this and row["state"] == "open",
    )


@routes.add("POST", "/sessions/{session}/end")
async def end_session(call: PageCall, session: str) -> web.StreamResponse:
    """End a session."""
    call.parse_form(Form)
    row = await sessions.get_session(call.context, session)
    await sessions.end_session(call.context, row["staff"], session)
    return redirect(f"/sessions/{session}", "flash.session_ended")
