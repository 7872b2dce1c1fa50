"""Pages of the diary: the list of entries, one entry, and the form that a farmer fills on a phone.

The form asks for what its kind of work needs; the rest is folded away. It works without scripts.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, urlencode

from aiohttp import web
from pydantic import model_validator

from desk.forms.invalid_form import Flaw, InvalidForm
from desk.pages.assets import find_asset
from desk.pages.call import PageCall
from desk.pages.entry_texts import describe_values, label_entry_field, summarise_entry
from desk.pages.forms import ConfirmationForm, Form
from desk.pages.lists import render_list
from desk.pages.orders import product_name
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from services.diary import entries
from services.diary.entries import RecordedEntry, ToldEntry
from services.diary.typed_entry import (
    describe_flaws,
    read_typed_entry,
    write_typed_entry,
)
from services.diary.warnings import EntryWarning
from services.diary.whose_place import EntryChoices, find_choices
from services.lists.diary import DIARY
from services.lists.find import find_person_names
from services.permissions import Permission, has_permission
from services.record.mentions import list_event_answers
from services.tables.line_flaws import LineFlaw
from services.tables.typed_values import Thousands
from stamps.vietnam_time import VIETNAM_TIME
from traceability.diary.entries import MalformedEntry
from traceability.diary.entry_kinds import (
    EntryField,
    EntryKind,
    FieldType,
    find_entry_kind,
    load_entry_kinds,
)
from traceability.epcis.event_reader import format_event_id, parse_event_id
from web.i18n import Language, Texts, format_iso_day

routes = PageRoutes()

_CONTROLS: Final[Mapping[FieldType, str]] = {
    FieldType.DAY: "date",
    FieldType.MOMENT: "datetime-local",
    FieldType.NUMBER: "number",
    FieldType.COUNT: "number",
    FieldType.CHOICE: "choose",
    FieldType.PLACE: "place",
    FieldType.PRODUCT: "choose",
}
_SCRIPT: Final = "diary.js"
_FEW: Final = 6
"""Places that are shown as large buttons; more are a menu."""
_DECIMAL_SIGNS: Final[Mapping[Language, str]] = {"vi": ",", "en": ".", "zh": "."}


class EntryForm(Form):
    """An entry; which fields it has follows from the kind of work."""

    fields: Mapping[str, str] = {}

    @model_validator(mode="before")
    @classmethod
    def _collect_fields(cls, values: Any) -> Any:
        own = {name: value for name, value in values.items() if name in cls.model_fields}
        return {**own, "fields": {name: values[name] for name in values if name not in own}}


@dataclass(frozen=True, slots=True)
class _EntryControl:
    """A field as the template draws it."""

    name: str
    label: str
    control: str
    is_required: bool
    is_needed: bool
    """Whether another field can make it mandatory."""
    value: str = ""
    hint: str = ""
    example: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    fill: str = ""
    """The choices that a phone fills without a network: `places` or `products`."""


@routes.add("GET", "/diary", permissions=(Permission.EVENT_SEE,))
async def list_entries(call: PageCall) -> web.StreamResponse:
    """List the entries."""
    texts, may_tell = call.texts, _may_tell(call)
    pages = [("/diary-imports", "diary.import"), ("/new-entry", "diary.new")] if may_tell else []
    actions = [(path, texts(text)) for path, text in pages]
    return await render_list(
        call, DIARY, texts("diary.title"), actions=actions, lead=texts("diary.lead")
    )


@routes.add("GET", "/new-entry", permissions=(Permission.EVENT_RECORD,))
async def show_form(call: PageCall) -> web.StreamResponse:
    """Show the kinds of work, or the form of one: empty, like an entry, or to correct one."""
    known = await _find_known(call)
    kind = _find_kind(call, known)
    if kind is None:
        told = entries.list_told_kinds(call.context)
        return render_page(
            call,
            "entry_kinds.html",
            call.texts("diary.new_title"),
            kinds=[(one.kind, one.name[call.language]) for one in told],
        )
    organisation = entries.require_organisation(call.context)
    choices = await find_choices(call.context, organisation)
    is_correction = "correct" in call.query
    title, shown = kind.name[call.language], _read_shown(call, kind, known)
    controls = [
        (field.is_main, _draw_field(call, kind, field, choices, shown)) for field in kind.fields
    ]
    return render_page(
        call,
        "entry_form.html",
        call.texts("diary.correct_title", kind=title) if is_correction else title,
        trail=[(call.texts("diary.title"), "/diary"), (call.texts("diary.new"), "/new-entry")],
        action=f"/new-entry?{urlencode(_keep_query(call, kind))}",
        main=[one for is_main, one in controls if is_main],
        more=[one for is_main, one in controls if not is_main],
        needs_place=any(one.control == "place" and one.is_required for _, one in controls),
        has_places=bool(choices.places),
        is_correction=is_correction,
        entry_kind=kind.kind,
        scripts=(_SCRIPT,) if find_asset(_SCRIPT) and not is_correction else (),
    )


@routes.add("POST", "/new-entry", permissions=(Permission.EVENT_RECORD,))
async def tell_entry(call: PageCall) -> web.StreamResponse:
    """Record what the form tells, or correct an entry by it."""
    form = call.parse_form(EntryForm)
    known = await _find_known(call) if "correct" in call.query else None
    kind = _find_kind(call, known) or find_entry_kind("harvest")
    told = await record_fields(call, kind, form.fields, known)
    flash = "flash.entry_corrected" if known else "flash.entry_told"
    return redirect(f"/diary/{told.id}", flash if told.is_new else "flash.entry_known")


@routes.add("GET", "/diary/{diary_entry}", permissions=(Permission.EVENT_SEE,))
async def show_entry(call: PageCall, diary_entry: str) -> web.StreamResponse:
    """Show an entry with its warnings."""
    found, texts = await entries.get_entry(call.context, diary_entry), call.texts
    products = await call.context.ledger.lists.get_names(
        "product", {str(found.entry.values.get("product", ""))}
    )
    answers = await list_event_answers(call.context, found.organisation, found.id)
    organisations = await call.context.ledger.lists.get_names(
        "organisation", {found.organisation, *(one.organisation for one in answers)}
    )
    kind = find_entry_kind(found.entry.kind)
    is_own = found.organisation == call.context.actor.organisation and _may_tell(call)
    corrected = found.corrected_by and parse_event_id(found.corrected_by)
    return render_page(
        call,
        "entry.html",
        kind.name[call.language],
        trail=[(texts("diary.title"), "/diary")],
        one=found,
        summary=summarise_entry(found.entry, texts),
        facts=_list_facts(found, texts, products),
        organisation=organisations.get(found.organisation, {}).get("vi", found.organisation),
        people=await find_person_names(call.context, found.actor),
        warnings=[_describe_warning(one, texts) for one in found.warnings],
        corrected=corrected,
        answers=[
            (organisations.get(one.organisation, {}).get("vi", one.organisation), one)
            for one in answers
        ],
        event=format_event_id(found.id),
        may_change=is_own and not found.is_taken_back,
        may_repeat=is_own and kind in entries.list_told_kinds(call.context),
    )


@routes.add("POST", "/diary/{diary_entry}/withdraw", permissions=(Permission.EVENT_RECORD,))
async def take_back_entry(call: PageCall, diary_entry: str) -> web.StreamResponse:
    """Take an entry back, once the tick confirms it."""
    call.parse_form(ConfirmationForm)
    await entries.take_back_entry(call.context, diary_entry)
    return redirect(f"/diary/{quote(diary_entry, safe='')}", "flash.entry_taken_back")


async def record_fields(
    call: PageCall,
    kind: EntryKind,
    fields: Mapping[str, str],
    known: RecordedEntry | None = None,
) -> ToldEntry:
    """Record the entry that fields tell; with `known` it corrects that entry.

    Raises `InvalidForm`, and what the use cases raise.
    """
    thousands: Thousands = "." if call.language == "vi" else ","
    typed = read_typed_entry(kind, fields, thousands=thousands)
    if typed.entry is None:
        raise _refuse(typed.flaws)
    try:
        return await _record(call, kind, dict(typed.entry.values), known)
    except MalformedEntry as refusal:
        raise _refuse(describe_flaws(kind, refusal, fields)) from None


def draw_empty_fields(call: PageCall, kind: EntryKind) -> list[_EntryControl]:
    """The fields of a kind as the shell has them: a phone fills places and products."""
    shown = {"unit": next(iter(kind.field("unit").choices))} if kind.has_field("unit") else {}
    empty = EntryChoices((), ())
    return [
        replace(_draw_field(call, kind, field, empty, shown), control=control, fill=fill)
        for field in kind.fields
        for control, fill in [_choose_control(field)]
    ]


def _choose_control(field: EntryField) -> tuple[str, str]:
    if field.type is FieldType.PLACE:
        return "choose", "places"
    if field.type is FieldType.PRODUCT:
        return "choose", "products"
    return _CONTROLS.get(field.type, "text"), ""


async def _record(
    call: PageCall, kind: EntryKind, values: dict[str, Any], known: RecordedEntry | None
) -> ToldEntry:
    if known is not None:
        return await entries.correct_entry(call.context, known.id, values)
    return await entries.tell_entry(call.context, kind.kind, values)


def _may_tell(call: PageCall) -> bool:
    actor = call.context.actor
    return actor.organisation is not None and has_permission(actor, Permission.EVENT_RECORD)


async def _find_known(call: PageCall) -> RecordedEntry | None:
    """The entry that is corrected, or that the new one is like."""
    id_ = call.query.get("correct") or call.query.get("like")
    return None if id_ is None else await entries.get_entry(call.context, id_)


def _find_kind(call: PageCall, known: RecordedEntry | None) -> EntryKind | None:
    kind = known.entry.kind if known else call.query.get("kind", "")
    return load_entry_kinds().get(kind)


def _keep_query(call: PageCall, kind: EntryKind) -> dict[str, str]:
    if "correct" in call.query:
        return {"correct": call.query["correct"]}
    return {"kind": kind.kind}


def _read_shown(call: PageCall, kind: EntryKind, known: RecordedEntry | None) -> Mapping[str, str]:
    """The values that the form shows first."""
    now = datetime.fromtimestamp(call.context.clock() / 1000, VIETNAM_TIME)
    is_moment = kind.field("at").type is FieldType.MOMENT
    shown = {"at": now.strftime("%Y-%m-%dT%H:%M" if is_moment else "%Y-%m-%d")}
    if kind.has_field("unit"):
        shown["unit"] = next(iter(kind.field("unit").choices))
    if known is not None:
        values = write_typed_entry(known.entry, kind, _DECIMAL_SIGNS[call.language])
        left_out = () if "correct" in call.query else kind.told_anew
        shown |= {name: text for name, text in values.items() if name not in left_out}
    return shown


def _draw_field(
    call: PageCall,
    kind: EntryKind,
    field: EntryField,
    choices: EntryChoices,
    shown: Mapping[str, str],
) -> _EntryControl:
    control, value = _CONTROLS.get(field.type, "text"), shown.get(field.name, "")
    pairs = tuple((one, words[call.language]) for one, words in field.choices.items())
    if field.type is FieldType.PRODUCT:
        pairs = tuple((one.id, product_name(one, call.language)) for one in choices.products)
        if field.is_mandatory and not value and len(pairs) == 1:
            value = pairs[0][0]
    if field.type is FieldType.PLACE:
        pairs = tuple((one.code, one.name) for one in choices.places)
        if field.is_mandatory and not value and len(pairs) == 1:
            value = pairs[0][0]
        if len(pairs) > _FEW or not field.is_mandatory:
            control = "choose"
            pairs = tuple((code, f"{code} · {name}") for code, name in pairs)
    return _EntryControl(
        name=field.name,
        label=label_entry_field(field, call.texts),
        control=control,
        is_required=field.is_mandatory,
        is_needed=field.needed_with is not None,
        value=value,
        hint=" ".join(_list_hints(call, kind, field)),
        example=field.example,
        choices=pairs,
    )


def _list_hints(call: PageCall, kind: EntryKind, field: EntryField) -> Iterator[str]:
    """When a field must be filled, and what to write in it."""
    if field.needed_with is not None and field.needed_with[1]:
        other, values = field.needed_with
        known = kind.field(other).choices
        names = [words[call.language] for value, words in known.items() if value in values]
        yield call.texts("diary.needed_with", choices=", ".join(names))
    if field.hint is not None:
        yield field.hint[call.language]


def _list_facts(
    found: RecordedEntry, texts: Texts, products: Mapping[str, Mapping[str, str]]
) -> list[tuple[str, str]]:
    """Label and value of each field; a product by its name."""
    product = found.entry.values.get("product")
    named = products.get(str(product), {})
    name = named.get(texts.language) or named.get("vi")
    return [
        (label, name if name and value == product else value)
        for label, value in describe_values(found.entry, texts)
    ]


def _describe_warning(warning: EntryWarning, texts: Texts) -> str:
    days = {
        name: format_iso_day(value, texts.language) if _is_day(value) else value
        for name, value in warning.values.items()
    }
    return texts(f"diary.warning_{warning.reason}", **days)


def _is_day(text: str) -> bool:
    return len(text) == len("2026-11-20") and text[4:5] == text[7:8] == "-"


def _refuse(flaws: Mapping[str, LineFlaw]) -> InvalidForm:
    named = [Flaw(name, f"code_flaw.{flaw.reason}", flaw.values) for name, flaw in flaws.items()]
    return InvalidForm(named, field=named[0].field, why=str(next(iter(flaws.values()))))
