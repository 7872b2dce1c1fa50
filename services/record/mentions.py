"""Mentions: what others tell of an organisation, which it confirms or disputes.

What one says about another stays its own statement until the other confirms. An event names an
organisation where a source or destination is the organisation's id or name at this service
(`https://veritem.vn/party/…`), or a GLN of one of its places. A name that two organisations have
names neither. The named organisation sees what the event tells, as far as it is about the goods and
the parties, and answers as often as it changes its mind; the last answer counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from ledger.record.epcis_events import EventRow
from ledger.record.mention_rows import MentionState
from ledger.record.mentions import MOST_COUNTED, EventName, MentionAnswer, MentionReply
from services.context import ServiceContext
from services.errors import InvalidInput
from services.paging import DEFAULT_LIMIT, Page, PageRequest
from services.permissions import Permission, require_permission
from traceability.diary.entry_events import name_party
from traceability.epcis.event_reader import normalize_key, parse_event_id
from traceability.epcis.identifiers import ROOT

Side = Literal["source", "destination"]

MAX_NOTE_LENGTH: Final = 1000
_MOST_PLACES: Final = 20
"""Places whose GLN names their organisation."""
_SHOWN: Final = (
    *("type", "eventTime", "action", "bizStep", "disposition", "epcList", "quantityList"),
    *("parentID", "childEPCs", "childQuantityList", "bizTransactionList"),
    *("sourceList", "destinationList"),
)
"""Fields of an event that a party which it names sees: goods, step and parties."""
_SIDES: Final[tuple[tuple[Side, str], ...]] = (
    ("source", "sourceList"),
    ("destination", "destinationList"),
)


@dataclass(frozen=True, slots=True)
class Mention:
    """An event that names the actor's organisation, and what the organisation answered."""

    event: EventRow
    sides: Sequence[Side]
    """Where it names the organisation: goods come from it, or go to it."""
    answers: Sequence[MentionAnswer]
    """Those of the actor's organisation, in order."""

    @property
    def state(self) -> MentionState:
        """What is said of it now; an event that its author declared an error is withdrawn."""
        if self.event.errors:
            return "withdrawn"
        return self.answers[-1].answer if self.answers else "open"

    @property
    def shown(self) -> Mapping[str, Any]:
        """The fields of the event that the named organisation sees."""
        return {name: self.event.body[name] for name in _SHOWN if name in self.event.body}


async def list_mentions(
    context: ServiceContext,
    *,
    state: MentionState | None = None,
    limit: int = DEFAULT_LIMIT,
    after: str | None = None,
) -> Page[Mention]:
    """The events of others that name the actor's organisation, newest first.

    Raises `Forbidden`, `InvalidInput`.
    """
    organisation = _require_organisation(context)
    request = PageRequest(limit, after)
    keys = await list_party_keys(context, organisation)
    rows = await context.ledger.mentions.find_page(
        organisation, keys, state=state, after=request.key(int, str, str), limit=limit + 1
    )
    answers = await find_answers(context, rows)
    found = [_make(organisation, keys, row, answers) for row in rows]
    return request.make_page(
        found, lambda one: (one.event.at, one.event.id, one.event.organisation)
    )


async def count_open_mentions(context: ServiceContext) -> tuple[int, bool]:
    """How many mentions wait for an answer of the actor's organisation, and whether more do.

    Raises `Forbidden`, `InvalidInput`.
    """
    organisation = _require_organisation(context)
    keys = await list_party_keys(context, organisation)
    count = await context.ledger.mentions.count(organisation, keys, "open")
    return min(count, MOST_COUNTED), count > MOST_COUNTED


async def get_mention(context: ServiceContext, teller: str, event: str) -> Mention:
    """One event that names the actor's organisation. Raises `Forbidden`, `UnknownRow`."""
    organisation = _require_organisation(context)
    keys = await list_party_keys(context, organisation)
    row = await context.ledger.mentions.get(organisation, keys, _name(teller, event))
    return _make(organisation, keys, row, await find_answers(context, [row]))


async def answer_mention(
    context: ServiceContext, teller: str, event: str, reply: MentionReply, note: str | None
) -> Mention:
    """Confirm what an event says of the actor's organisation, or dispute it with a reason.

    The same answer again changes nothing. Raises `Forbidden`, `InvalidInput`, `UnknownRow`,
    `MentionFull`.
    """
    organisation = _require_organisation(context, Permission.EVENT_RECORD)
    note = (note or "").strip() or None
    if reply == "disputed" and note is None:
        raise InvalidInput(field="note", why="is missing", expected="missing")
    if note is not None and len(note) > MAX_NOTE_LENGTH:
        raise InvalidInput(field="note", why="is too long", most=MAX_NOTE_LENGTH)
    await context.ledger.mentions.answer(
        organisation,
        await list_party_keys(context, organisation),
        _name(teller, event),
        reply,
        note,
        actor=context.actor.id,
    )
    return await get_mention(context, teller, event)


async def find_answers(
    context: ServiceContext, rows: Sequence[EventRow]
) -> Mapping[EventName, Sequence[MentionAnswer]]:
    """The answers of the parties that events in the actor's scope name, by teller and event."""
    return await context.ledger.mentions.list_answers([(one.organisation, one.id) for one in rows])


async def list_event_answers(
    context: ServiceContext, teller: str, event: str
) -> Sequence[MentionAnswer]:
    """The answers to an event that the actor sees."""
    named = (teller, event)
    return (await context.ledger.mentions.list_answers([named])).get(named, ())


def _require_organisation(
    context: ServiceContext, permission: Permission = Permission.EVENT_SEE
) -> str:
    require_permission(context, permission)
    organisation = context.actor.organisation
    if organisation is None:
        raise InvalidInput(
            field="organisation", why="is named in events, and you are of no organisation"
        )
    return organisation


async def list_party_keys(context: ServiceContext, organisation: str) -> frozenset[str]:
    """The canonical keys that name an organisation."""
    ledger = context.ledger
    known = await ledger.organisations.get(organisation)
    names = [known.id]
    alike = await ledger.organisations.find_page(
        ids=None, cells={"name": known.name}, after=None, limit=2
    )
    if len(alike) == 1:
        names.append(known.name)
    places = await ledger.places.find_page(
        ids=None, cells={"organisation": organisation}, after=None, limit=_MOST_PLACES
    )
    glns = [f"{ROOT}/{ai}/{one.gln}" for one in places if one.gln for ai in ("414", "417")]
    return frozenset(map(normalize_key, [*map(name_party, names), *glns]))


def _make(
    organisation: str,
    keys: frozenset[str],
    row: EventRow,
    answers: Mapping[EventName, Sequence[MentionAnswer]],
) -> Mention:
    own = answers.get((row.organisation, row.id), ())
    return Mention(
        event=row,
        sides=[
            side
            for side, field in _SIDES
            if any(normalize_key(str(one.get(side))) in keys for one in row.body.get(field, ()))
        ],
        answers=[one for one in own if one.organisation == organisation],
    )


def _name(teller: str, event: str) -> EventName:
    return teller, parse_event_id(event) or event
