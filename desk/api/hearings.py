"""`/api/v1/hearings`: what parties of a case are asked, and what they answer."""

from typing import Annotated

from aiohttp import web
from pydantic import StringConstraints

from attachments import MEDIA_TYPE
from desk.api.call import ApiCall
from desk.api.models import Body, SortedListDocument, SortedPageQuery, Text
from desk.api.routing import ApiRoutes
from ledger import HearingState
from ledger.alerts.hearing_record import hearing_from_row
from ledger.errors import (
    HearingDecided,
    HearingFull,
    IllegalAlertDecision,
    UnknownAlert,
    UnknownHearing,
)
from services import scope
from services.alerts import hearings
from services.alerts.case_handling import parse_due
from services.alerts.hearings import MAX_TEXT_LENGTH, PartyQuestion
from services.documents.hearings import (
    CaseHearingsDocument,
    HearingDocument,
    HearingFileDocument,
    describe_case_hearings,
    describe_hearing,
    describe_hearing_file,
)
from services.errors import InvalidInput
from services.lists.cases import HEARINGS
from services.lists.find import find_list_page
from services.permissions import Permission
from web.security_headers import NO_STORE, SANDBOX

routes = ApiRoutes("hearings")

_Message = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TEXT_LENGTH)
]


class HearingQuery(SortedPageQuery):
    """Which hearings are listed, the newest first. Sorted by `-told_at`."""

    state: HearingState | None = None
    organisation: Text | None = None


class HearingListDocument(SortedListDocument):
    """Hearings: those of the caller's organisation, or all for who judges cases."""

    hearings: list[HearingDocument]


class QuestionBody(Body):
    """A question to parties of a case."""

    text: _Message
    organisations: list[Text] | None = None
    """All parties if null."""
    due: Text | None = None
    """`2026-12-31`: the day in Vietnam by whose end the parties are asked to answer."""


class AnswerBody(Body):
    """An answer of a party; photos are added on the page."""

    text: _Message


@routes.add("GET", "hearings", permissions=(Permission.HEARING_SEE,), errors=(InvalidInput,))
async def list_hearings(call: ApiCall, query: HearingQuery) -> HearingListDocument:
    """Search and filter hearings."""
    asked = query.to_request("state", "organisation")
    page = await find_list_page(call.context, HEARINGS, asked)
    is_for_staff = scope.hearing_scope(call.context.actor) is None
    return HearingListDocument(
        hearings=[
            describe_hearing(hearing_from_row(row), is_for_staff=is_for_staff) for row in page.rows
        ],
        next=page.next,
        previous=page.previous,
    )


@routes.add(
    "GET",
    "hearings/{hearing}",
    permissions=(Permission.HEARING_SEE,),
    errors=(UnknownHearing,),
)
async def show_hearing(call: ApiCall, hearing: str) -> HearingFileDocument:
    """Show a hearing with its questions, answers and decision."""
    return describe_hearing_file(await hearings.open_hearing(call.context, hearing))


@routes.add(
    "GET",
    "hearings/{hearing}/photos/{n}/{place}",
    permissions=(Permission.HEARING_SEE,),
    errors=(UnknownHearing,),
    answers={200: MEDIA_TYPE},
)
async def show_hearing_photo(call: ApiCall, hearing: str, n: int, place: int) -> web.StreamResponse:
    """Take a photo of an answer: JPEG. Places count from 0."""
    picture = await hearings.get_photo(call.context, hearing, n, place)
    return web.Response(body=picture, content_type=MEDIA_TYPE, headers={**SANDBOX, **NO_STORE})


@routes.add(
    "POST",
    "hearings/{hearing}/answers",
    permissions=(Permission.HEARING_ANSWER,),
    errors=(UnknownHearing, HearingDecided, HearingFull, InvalidInput),
)
async def answer_question(call: ApiCall, hearing: str, body: AnswerBody) -> HearingFileDocument:
    """Answer for the own organisation. The same answer sent twice is one answer."""
    await hearings.answer_question(call.context, hearing, body.text)
    return describe_hearing_file(await hearings.open_hearing(call.context, hearing))


@routes.add(
    "GET",
    "alerts/{alert}/hearings",
    permissions=(Permission.ALERT_SEE,),
    errors=(UnknownAlert,),
)
async def list_case_hearings(call: ApiCall, alert: int) -> CaseHearingsDocument:
    """List the parties of a case, and what those that were told said."""
    return describe_case_hearings(await hearings.open_case_hearings(call.context, alert))


@routes.add(
    "POST",
    "alerts/{alert}/hearings",
    permissions=(Permission.ALERT_DECIDE,),
    errors=(UnknownAlert, IllegalAlertDecision, InvalidInput),
)
async def ask_parties(call: ApiCall, alert: int, body: QuestionBody) -> CaseHearingsDocument:
    """Tell parties of the suspicion and ask them. The same question sent twice is one question."""
    due = None if body.due is None else parse_due(body.due)
    question = PartyQuestion(body.text, body.organisations, due)
    await hearings.ask_parties(call.context, alert, question)
    return describe_case_hearings(await hearings.open_case_hearings(call.context, alert))
