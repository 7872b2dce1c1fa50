"""`/api/v1/mentions`: what others tell of the own organisation, confirmed or disputed."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from desk.api.call import ApiCall
from desk.api.models import Body, ListDocument, PageQuery
from desk.api.routing import ApiRoutes
from ledger.errors import MentionFull, UnknownRow
from ledger.record.mention_rows import MentionState
from services.documents.events import MentionDocument, describe_mention
from services.errors import InvalidInput
from services.permissions import Permission
from services.record import mentions
from services.record.mentions import MAX_NOTE_LENGTH

routes = ApiRoutes("events")

_TELL = (Permission.EVENT_RECORD,)


class MentionQuery(PageQuery):
    """Which page of the mentions is listed, the newest first."""

    state: MentionState | None = None
    """What is said of them; without it all are listed."""


class MentionListDocument(ListDocument):
    """Events of others that name the caller's organisation."""

    mentions: list[MentionDocument]


class MentionBody(Body):
    """Whether it is as the other tells; a dispute says why."""

    answer: Literal["confirmed", "disputed"]
    note: (
        Annotated[
            str,
            StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_NOTE_LENGTH),
        ]
        | None
    ) = None


@routes.add("GET", "mentions", permissions=_TELL, errors=(InvalidInput,))
async def list_mentions(call: ApiCall, query: MentionQuery) -> MentionListDocument:
    """List the events of others that name the caller's organisation as a party."""
    page = await mentions.list_mentions(
        call.context, state=query.state, limit=query.limit, after=query.after
    )
    return MentionListDocument(
        mentions=[describe_mention(one) for one in page.items], next=page.next
    )


@routes.add(
    "GET", "mentions/{teller}/{event}", permissions=_TELL, errors=(InvalidInput, UnknownRow)
)
async def show_mention(call: ApiCall, teller: str, event: str) -> MentionDocument:
    """Show an event of another organisation that names the caller's, by its hash."""
    return describe_mention(await mentions.get_mention(call.context, teller, event))


@routes.add(
    "POST",
    "mentions/{teller}/{event}/answers",
    permissions=_TELL,
    errors=(InvalidInput, UnknownRow, MentionFull),
)
async def answer_mention(
    call: ApiCall, teller: str, event: str, body: MentionBody
) -> MentionDocument:
    """Confirm what an event says of the caller's organisation, or dispute it with a reason."""
    answered = await mentions.answer_mention(call.context, teller, event, body.answer, body.note)
    return describe_mention(answered)
