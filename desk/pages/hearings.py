"""Hearings: what a party of a case is told and asked, its answers, and the decision."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from attachments import MEDIA_TYPE
from desk.pages.call import PageCall
from desk.pages.case_photos import FORM_LIMIT, PHOTO_FIELDS, take_photos
from desk.pages.forms import AnswerForm, QuestionForm
from desk.pages.list_cells import name_hearing
from desk.pages.lists import render_list
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from ledger import HearingMessage
from ledger.errors import UnknownHearing
from services.alerts import hearings
from services.alerts.case_handling import parse_due
from services.alerts.hearings import HearingFile, PartyQuestion
from services.lists.cases import HEARINGS
from services.permissions import Permission
from web.errors import NotFound
from web.i18n import Texts, format_moment
from web.security_headers import SANDBOX

routes = PageRoutes()

EVERYBODY: Final = "*"
"""The choice of all parties of a case."""


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """A message as its page shows it."""

    what: str
    title: str
    text: str
    at: str
    actor: str
    due_at: int | None
    photos: Sequence[str]


@dataclass(frozen=True, slots=True)
class ShownThread:
    """A hearing as pages show it."""

    file: HearingFile
    link: str
    messages: Sequence[ShownMessage]


@routes.add("GET", "/hearings", permissions=(Permission.HEARING_SEE,))
async def list_hearings(call: PageCall) -> web.StreamResponse:
    """List the hearings: the own ones of a party, or those of all."""
    texts = call.texts
    return await render_list(call, HEARINGS, texts("hearings.title"), lead=texts("hearings.lead"))


@routes.add("GET", "/hearings/{hearing}", permissions=(Permission.HEARING_SEE,))
async def show_hearing(call: PageCall, hearing: str) -> web.StreamResponse:
    """Show a hearing, with the form of an answer."""
    file = await hearings.open_hearing(call.context, hearing)
    one = file.hearing
    return render_page(
        call,
        "hearing.html",
        name_hearing(one.batch, one.lo, one.hi, one.lot, call.texts),
        thread=show_thread(call, file),
        one=one,
        file=file,
        photo_fields=PHOTO_FIELDS,
        is_late=one.due_at is not None and one.due_at < call.context.clock(),
    )


@routes.add(
    "POST",
    "/hearings/{hearing}/answer",
    permissions=(Permission.HEARING_ANSWER,),
    limit=FORM_LIMIT,
)
async def answer_question(call: PageCall, hearing: str) -> web.StreamResponse:
    """Answer for the own organisation."""
    form = call.parse_form(AnswerForm)
    photos = await take_photos(call)
    await hearings.answer_question(call.context, hearing, form.text, photos)
    return redirect(f"/hearings/{hearing}", "flash.answered")


@routes.add("GET", "/hearings/{hearing}/photos/{n}/{place}", permissions=(Permission.HEARING_SEE,))
async def show_photo(call: PageCall, hearing: str, n: int, place: int) -> web.StreamResponse:
    """A photo of an answer."""
    try:
        picture = await hearings.get_photo(call.context, hearing, n, place)
    except UnknownHearing:
        raise NotFound from None
    headers = {**SANDBOX, "Cache-Control": "private, max-age=3600"}
    return web.Response(body=picture, content_type=MEDIA_TYPE, headers=headers)


@routes.add("POST", "/alerts/{alert}/ask", permissions=(Permission.ALERT_DECIDE,))
async def ask_parties(call: PageCall, alert: int) -> web.StreamResponse:
    """Tell parties of a case of the suspicion, and ask them."""
    form = call.parse_form(QuestionForm)
    due = None if form.due is None else parse_due(form.due)
    to = None if form.to == EVERYBODY else (form.to,)
    await hearings.ask_parties(call.context, alert, PartyQuestion(form.text, to, due))
    return redirect(f"/alerts/{alert}", "flash.asked")


def show_thread(call: PageCall, file: HearingFile) -> ShownThread:
    """A hearing as pages show it."""
    link = f"/hearings/{file.hearing.id}"
    return ShownThread(
        file, link, [_show_message(file, one, link, call.texts) for one in file.messages]
    )


def tell_message(message: HearingMessage, texts: Texts) -> str:
    """What a message is: a question, an answer, or the decision with its cause."""
    if message.what != "decision" or message.state is None:
        return texts(f"hearings.{message.what}")
    told = texts(f"hearings.decision_{message.state}")
    return f"{told}: {texts(f'cause.{message.cause}')}" if message.cause else told


def _show_message(file: HearingFile, one: HearingMessage, link: str, texts: Texts) -> ShownMessage:
    is_named = file.is_for_staff or one.what == "answer"
    return ShownMessage(
        what=one.what,
        title=tell_message(one, texts),
        text=one.text,
        at=format_moment(one.at, texts.language),
        actor=file.people.get(one.actor, one.actor) if is_named else texts("hearings.authority"),
        due_at=one.due_at,
        photos=[f"{link}/photos/{one.n}/{place}" for place in range(one.photos)],
    )
