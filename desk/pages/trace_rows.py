"""Rows of a trace, as its table and its file show them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, urlencode

from desk.pages.entry_texts import name_unit
from desk.pages.list_cells import Value, choose_name
from desk.pages.render import format_score
from ledger.record.mentions import MentionAnswer
from services.traces.traces import FoundTrace, PlaceNames
from stamps.vietnam_time import VIETNAM_TIME
from traceability.administrative_units import load_administrative_units
from traceability.diary.entry_kinds import load_entry_kinds
from traceability.trace import Amount, StepKind, TraceDirection, TraceEvent, TraceStep
from traceability.trace.thing_names import describe_thing
from traceability.trace.trace_event import CONTAINING, MAKING
from web.i18n import Texts, format_number

MOST_THINGS: Final = 6
"""Things of one side of a row that are written out."""


@dataclass(frozen=True, slots=True)
class ShownThing:
    """A thing of a row: its kind, its name, how much, and where to trace or see it."""

    kind: str
    text: str
    amount: str
    link: str
    is_reached: bool


@dataclass(frozen=True, slots=True)
class ShownSide:
    """Some things of a row, and how many more there are."""

    things: Sequence[ShownThing]
    more: int

    @property
    def text(self) -> str:
        """The things as one text."""
        named = [f"{one.text} {one.amount}".strip() for one in self.things]
        return ", ".join([*named, f"+{self.more}"] if self.more else named)


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """What a party that an event names says of it."""

    reply: str
    text: str
    note: str


@dataclass(frozen=True, slots=True)
class TraceRow:
    """A row: what happened to what, where, when, told by whom."""

    round: int
    at: int
    step: str
    taken: ShownSide
    made: ShownSide | None
    """What came out of it, or what held it."""
    relation: str
    """How `taken` and `made` belong together: the end of the key of a text."""
    places: Sequence[str]
    tellers: Sequence[str]
    answers: Sequence[ShownAnswer]
    """Of the parties that it names; without any it is its teller's word alone."""
    event: str | None

    def to_cells(self, texts: Texts) -> list[Value]:
        """The cells of a file."""
        return [
            self.round,
            datetime.fromtimestamp(self.at / 1000, VIETNAM_TIME).replace(tzinfo=None),
            self.step,
            self.taken.text,
            "" if self.made is None else self.made.text,
            ", ".join(self.places),
            ", ".join(self.tellers),
            "; ".join(": ".join(filter(None, (one.text, one.note))) for one in self.answers),
            self.event or texts("trace.ledger"),
        ]


def list_rows(
    found: FoundTrace,
    names: Mapping[str, Mapping[str, str]],
    places: PlaceNames,
    answers: Mapping[str, Sequence[MentionAnswer]],
    texts: Texts,
) -> list[TraceRow]:
    """The rows of a trace; `names` are those of organisations, `answers` by event."""

    def show(one: MentionAnswer) -> ShownAnswer:
        party = _name_organisation(one.organisation, names, texts)
        said = texts(f"mention_state.{one.answer}")
        return ShownAnswer(
            one.answer, texts("trace.answer", party=party, answer=said), one.note or ""
        )

    return [
        _make_row(
            one, found, names, places, [show(each) for each in answers.get(one.event.id, ())], texts
        )
        for one in found.trace.steps
    ]


def _make_row(
    step: TraceStep,
    found: FoundTrace,
    names: Mapping[str, Mapping[str, str]],
    places: PlaceNames,
    answers: Sequence[ShownAnswer],
    texts: Texts,
) -> TraceRow:
    event = step.event
    reached = found.trace.things

    def show(amounts: Iterable[Amount]) -> ShownSide:
        every = sorted(amounts, key=lambda one: (one.key not in reached, one.key))
        things = [_show_thing(one, reached, texts) for one in every[:MOST_THINGS]]
        return ShownSide(things, max(0, len(every) - MOST_THINGS))

    made: ShownSide | None = None
    if event.kind in MAKING:
        taken = show(event.inputs)
        is_back = found.trace.direction is TraceDirection.BACK
        outputs = [one for one in event.outputs if not is_back or one.key in reached]
        made = show(outputs or event.outputs)
    else:
        taken = show(event.items)
        if event.parent is not None:
            made = show([Amount(event.parent)])
    return TraceRow(
        round=step.round,
        at=event.at,
        step=name_step(event, texts),
        taken=taken,
        made=made,
        relation=_find_relation(event),
        places=[_name_place(place, places, texts) for place in event.places],
        tellers=[_name_organisation(one, names, texts) for one in event.tellers],
        answers=answers,
        event=event.id if event.kind not in (StepKind.LOT, StepKind.BINDING) else None,
    )


def name_step(event: TraceEvent, texts: Texts) -> str:
    """What happened, in the words of the page."""
    if event.kind in (StepKind.LOT, StepKind.BINDING):
        return texts(f"trace.{event.kind}")
    kinds = load_entry_kinds()
    if event.entry is not None and event.entry in kinds:
        named: Any = kinds[event.entry].name
        return str(named[texts.language])
    key = f"trace.step_{event.step}"
    if event.step is not None and texts.has(key):
        return texts(key)
    return texts(f"trace.{event.kind}") if event.step in (None, "other") else str(event.step)


def _find_relation(event: TraceEvent) -> str:
    if event.kind is StepKind.BINDING:
        return "bears"
    if event.kind not in CONTAINING:
        return "becomes"
    return "out_of" if event.action == "DELETE" else "put_into"


def _show_thing(one: Amount, reached: Mapping[str, int], texts: Texts) -> ShownThing:
    name = describe_thing(one.key)
    amount = ""
    if one.quantity is not None:
        unit = "" if one.unit is None else name_unit(one.unit, texts.language)
        number = one.quantity
        shown = format_score(number, texts.language)
        if float(number).is_integer():
            shown = format_number(int(number), texts.language)
        amount = f"{shown} {unit}".strip()
    if name.kind == "lot":
        link = f"/lots/{quote(name.text, safe='')}"
    elif name.kind == "stamps":
        link = f"/stamps?{urlencode({'q': name.text})}"
    else:
        link = f"/trace?{urlencode({'item': one.key})}"
    return ShownThing(name.kind, name.text, amount, link, one.key in reached)


def _name_organisation(id_: str, names: Mapping[str, Mapping[str, str]], texts: Texts) -> str:
    return choose_name(names.get(id_), texts.language, id_) if id_ in names else id_


def _name_place(key: str, places: PlaceNames, texts: Texts) -> str:
    text, province = describe_thing(key).text, places.get(key)
    known = load_administrative_units().provinces.get(province or "")
    return text if known is None else f"{text}, {known.name(texts.language)}"
