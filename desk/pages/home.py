"""Home: what waits for the account that is signed in, with figures and links."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from desk.pages.call import PageCall
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from services.home import Task, list_tasks
from services.permissions import Permission, has_permission
from web.i18n import format_number

routes = PageRoutes()

_ACTIONS: Final[Sequence[tuple[str, str, Permission]]] = (
    ("/activate", "nav.activate", Permission.ACTIVATE),
    ("/new-lot", "activate.new_lot", Permission.LOT_PUT),
    ("/new-order", "orders.new", Permission.ORDER_REQUEST),
    ("/field", "nav.field", Permission.FIELD_CHECK),
    ("/new-entry", "diary.new", Permission.EVENT_RECORD),
    ("/diary", "diary.title", Permission.EVENT_RECORD),
    ("/stamps", "nav.stamps", Permission.STAMP_SEE),
    ("/balance", "nav.balance", Permission.BALANCE_SEE),
)
_MOST_ACTIONS: Final = 3


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task as its page shows it."""

    name: str
    text: str
    figure: str
    link: str
    is_waiting: bool


@routes.add("GET", "/")
async def show_home(call: PageCall) -> web.StreamResponse:
    """Show what waits; an account that waits for its confirmation sees its own page."""
    actor = call.context.actor
    if not actor.is_confirmed:
        return redirect("/account")
    tasks = [_describe(call, task) for task in await list_tasks(call.context)]
    actions = [
        (path, call.texts(key))
        for path, key, permission in _ACTIONS
        if has_permission(actor, permission)
    ]
    return render_page(
        call,
        "home.html",
        call.texts("home.title"),
        waiting=[task for task in tasks if task.is_waiting],
        quiet=[task for task in tasks if not task.is_waiting],
        actions=actions[:_MOST_ACTIONS],
    )


def _describe(call: PageCall, task: Task) -> TaskView:
    counted, texts = task.counted, call.texts
    figure = format_number(counted.count, call.language)
    return TaskView(
        name=task.name,
        text=texts.plural(f"home.{task.name}", counted.count),
        figure=texts("home.more_than", count=figure) if counted.is_more else figure,
        link=task.path,
        is_waiting=counted.count > 0,
    )
