"""Hearings: the parties of a case are told of the suspicion, asked, and heard.

An inspector who investigates a case decides which parties are told: telling all of them at once
would warn whoever copies stamps inside of one. A party sees its own hearing alone: the lot, the
batch and the hundred that the stamp is in, since when it is told, the questions and its answers.
It sees no scan, no place, no reason of the detector, no report of a consumer, no number of the
stamp and no name of an inspector (ADR 0088).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from ledger import (
    Alert,
    AlertState,
    CaseParty,
    Hearing,
    HearingMessage,
    HearingState,
    OrganisationKind,
)
from services import scope
from services.alerts.case_handling import find_due_end
from services.context import ServiceContext
from services.errors import InvalidInput
from services.lists.find import find_person_names
from services.permissions import Permission, has_permission, require_permission

MAX_TEXT_LENGTH: Final = 4000


@dataclass(frozen=True, slots=True)
class PartyQuestion:
    """A question to parties of a case."""

    text: str
    organisations: Sequence[str] | None = None
    """None: all parties."""
    due: date | None = None
    """The day, in Vietnam, by whose end the parties are asked to answer."""


@dataclass(frozen=True, slots=True)
class HearingFile:
    """A hearing with its messages, as its reader may see them."""

    hearing: Hearing
    organisation: str
    """The name of the party."""
    organisation_kind: OrganisationKind | None
    """What the party is; None for an organisation that is registered no more."""
    messages: Sequence[HearingMessage]
    people: Mapping[str, str]
    """The names of those who wrote, by account; for a party those of its own people."""
    is_for_staff: bool
    """Whether the reader judges cases, and sees which case it is."""
    may_answer: bool
    may_open_lot: bool
    """Whether the lot of the hearing is in the reader's scope."""


@dataclass(frozen=True, slots=True)
class CaseHearings:
    """How the parties of a case are heard."""

    files: Sequence[HearingFile]
    parties: Sequence[tuple[CaseParty, str]]
    """All parties of the case with their names, the ones that were not told too."""
    may_ask: bool

    @property
    def choices(self) -> list[tuple[str, str]]:
        """Organisation and name of the parties that a question can go to."""
        return [(party.organisation, name) for party, name in self.parties]

    @property
    def untold(self) -> list[str]:
        """The names of the parties that were not told."""
        told = {one.hearing.organisation for one in self.files}
        return [name for party, name in self.parties if party.organisation not in told]


async def ask_parties(
    context: ServiceContext, alert: int, question: PartyQuestion
) -> list[Hearing]:
    """Tell parties of a case of the suspicion, with a question; sent twice it is one question.

    Raises `Forbidden`, `InvalidInput`, `UnknownAlert`, `IllegalAlertDecision`.
    """
    require_permission(context, Permission.ALERT_DECIDE)
    text = check_text(question.text)
    due_at = find_due_end(context, question.due)
    if question.organisations is not None:
        case = await context.ledger.alerts.get(alert)
        known = {one.organisation for one in await context.ledger.hearings.list_parties(case)}
        if not question.organisations or not known.issuperset(question.organisations):
            raise InvalidInput(field="to", why="is no party of this case")
    return await context.ledger.hearings.ask(
        alert,
        question.organisations,
        text,
        actor=context.actor.id,
        due_at=due_at,
        at=context.clock(),
    )


async def answer_question(
    context: ServiceContext, hearing: str, text: str, photos: Sequence[bytes] = ()
) -> Hearing:
    """Answer for the own organisation, with photos as `CasePhotos` makes them.

    Sent twice it is one answer. Raises `Forbidden`, `InvalidInput`, `UnknownHearing`,
    `HearingDecided`, `HearingFull`.
    """
    require_permission(context, Permission.HEARING_ANSWER)
    text = check_text(text)
    await scope.find_hearing(context, hearing)
    return await context.ledger.hearings.answer(
        hearing, text, actor=context.actor.id, photos=photos, at=context.clock()
    )


async def open_hearing(context: ServiceContext, hearing: str) -> HearingFile:
    """A hearing with its messages. Raises `Forbidden`, `UnknownHearing`."""
    require_permission(context, Permission.HEARING_SEE)
    return await _open(context, await scope.find_hearing(context, hearing))


async def open_case_hearings(context: ServiceContext, alert: int) -> CaseHearings:
    """How the parties of a case are heard. Raises `Forbidden`, `UnknownAlert`."""
    require_permission(context, Permission.ALERT_SEE)
    return await find_case_hearings(context, await context.ledger.alerts.get(alert))


async def find_case_hearings(context: ServiceContext, alert: Alert) -> CaseHearings:
    """How the parties of an alert that the actor sees are heard."""
    hearings = context.ledger.hearings
    files = [await _open(context, one) for one in await hearings.list_of_alert(alert.id)]
    parties = await hearings.list_parties(alert)
    names = await context.ledger.lists.get_names(
        "organisation", {one.organisation for one in parties}
    )
    return CaseHearings(
        files=files,
        parties=[
            (one, names.get(one.organisation, {"vi": one.organisation})["vi"]) for one in parties
        ],
        may_ask=bool(parties)
        and alert.state is AlertState.INVESTIGATING
        and has_permission(context.actor, Permission.ALERT_DECIDE),
    )


async def list_of_lot(context: ServiceContext, lot: str) -> list[Hearing]:
    """The undecided hearings about a lot that the actor may see."""
    if not has_permission(context.actor, Permission.HEARING_SEE):
        return []
    organisation = scope.hearing_scope(context.actor)
    return _keep_open(await context.ledger.hearings.list_of_lot(lot, organisation))


async def list_of_batch(context: ServiceContext, batch: int) -> list[Hearing]:
    """The undecided hearings about a batch that the actor may see."""
    if not has_permission(context.actor, Permission.HEARING_SEE):
        return []
    organisation = scope.hearing_scope(context.actor)
    return _keep_open(await context.ledger.hearings.list_of_batch(batch, organisation))


async def get_photo(context: ServiceContext, hearing: str, n: int, place: int) -> bytes:
    """A photo (JPEG) of an answer. Raises `Forbidden`, `UnknownHearing`."""
    require_permission(context, Permission.HEARING_SEE)
    await scope.find_hearing(context, hearing)
    return await context.ledger.hearings.get_photo(hearing, n, place)


def check_text(text: str) -> str:
    """The text of a message without blanks around it. Raises `InvalidInput`."""
    kept = text.strip()
    if not kept:
        raise InvalidInput(field="text", why="is missing", expected="missing")
    if len(kept) > MAX_TEXT_LENGTH:
        raise InvalidInput(field="text", why=f"must have at most {MAX_TEXT_LENGTH} characters")
    return kept


def _keep_open(hearings: Sequence[Hearing]) -> list[Hearing]:
    return [one for one in hearings if one.state is not HearingState.DECIDED]


async def _open(context: ServiceContext, hearing: Hearing) -> HearingFile:
    actor = context.actor
    is_for_staff = scope.hearing_scope(actor) is None
    messages = await context.ledger.hearings.list_messages(hearing.id)
    writers = [one.actor for one in messages if is_for_staff or one.what == "answer"]
    found = await context.ledger.organisations.get_many([hearing.organisation])
    party = found.get(hearing.organisation)
    return HearingFile(
        hearing=hearing,
        organisation=hearing.organisation if party is None else party.name,
        organisation_kind=None if party is None else party.kind,
        messages=messages,
        people=await find_person_names(context, *writers),
        is_for_staff=is_for_staff,
        may_answer=hearing.state is not HearingState.DECIDED
        and has_permission(actor, Permission.HEARING_ANSWER),
        may_open_lot=is_for_staff or hearing.part == ("place" if actor.role == "grower" else "lot"),
    )
