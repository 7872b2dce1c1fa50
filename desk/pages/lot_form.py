"""The form that describes a lot: it asks what the kind of its produce asks for.

The kind comes first, because product, items and places follow from it. A place is chosen by search:
the button beside its field keeps the form and shows the codes that match.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote, urlencode

from aiohttp import web
from pydantic import Field, StringConstraints, model_validator

from desk.forms.invalid_form import Flaw, InvalidForm
from desk.pages.assets import find_asset
from desk.pages.call import PageCall
from desk.pages.forms import Form, Text
from desk.pages.lot_photos import FORM_LIMIT, store_photo
from desk.pages.lot_texts import label_field
from desk.pages.orders import product_name
from desk.pages.provinces import list_provinces
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, keep_form, redirect, refuse_form
from ledger import ProductRow, Proposal, SeenDraft
from ledger.errors import UnknownLot, UnknownRow
from services.lots import lot_drafts, lots
from services.lots.lot_entry import LotFieldsRefused, enter_lot
from services.lots.lot_fields import TIMES, extract_fields
from services.lots.lot_places import PlaceChoice, find_places
from services.lots.lots import CorrectionRequest
from services.organisations import registry
from services.permissions import Permission
from stamps.errors import VeritemError
from traceability.code_forms import list_examples
from traceability.document_fields import LONGEST_TEXT
from traceability.lot_changes import CorrectionReason
from traceability.lot_profiles import CROP, DetailType, LotItem, LotProfile, load_profiles
from traceability.parties import PartyKind

routes = PageRoutes()

_PHOTO_SCRIPT: Final = "lot_photo.js"
_NEW_IN_COPY: Final = ("code", "harvested", "packed")
"""Fields that a copy of a lot does not take over."""
_SOUGHT: Final = "find."
"""Beginning of the name of a field whose text is searched for."""
_KEPT_QUERY: Final = ("edit", "like", "produce", "lot_draft")


class LotForm(Form):
    """A lot's description; which fields it has follows from the kind of produce."""

    version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    """The version that the page showed; None of a new lot."""
    find: Text | None = None
    """The field whose place is searched for: nothing is saved."""
    save: Literal["draft"] | None = None
    """`draft`: the fields are kept as a draft, and no lot is saved."""
    draft_version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    """The version of the draft that the page showed."""
    reason: Text | None = None
    note: Annotated[str, StringConstraints(max_length=LONGEST_TEXT)] | None = None
    fields: Mapping[str, str] = {}

    @model_validator(mode="before")
    @classmethod
    def _collect_fields(cls, values: Any) -> Any:
        own = {name: value for name, value in values.items() if name in cls.model_fields}
        others = {name: value for name, value in values.items() if name not in own}
        return {**own, "fields": others}


@routes.add("GET", "/new-lot", permissions=(Permission.LOT_PUT,))
async def show_form(call: PageCall) -> web.StreamResponse:
    """Show the form: empty, of a known lot (`edit`), or of a copy of one (`like`)."""
    fields: dict[str, str] = {}
    if call.draft:
        fields = dict(call.fields)
    elif "edit" in call.query:
        known = await lots.get_lot(call.context, call.query["edit"])
        fields = {**extract_fields(known.document), "version": str(known.version)}
    elif "like" in call.query:
        fields = extract_fields((await lots.get_lot(call.context, call.query["like"])).document)
        fields |= dict.fromkeys(_NEW_IN_COPY, "")
    elif "lot_draft" in call.query:
        known_draft = await lot_drafts.get_draft(call.context, call.query["lot_draft"])
        fields = {**known_draft.fields, "draft_version": str(known_draft.version)}
    products = await registry.list_products(call.context)
    kind = _find_kind(call, fields, products)
    if kind is None:
        return _render_kinds(call, products)
    return await _render_form(call, fields, kind, products)


@routes.add("POST", "/new-lot", permissions=(Permission.LOT_PUT,), limit=FORM_LIMIT)
async def put_lot(call: PageCall) -> web.StreamResponse:
    """Save what the form describes, or show the places that match what is searched for."""
    image = await store_photo(call)
    # From here on the form has the photo's address: a refusal does not lose the photo.
    call = replace(call, fields=_complete_fields(call.fields, image), files={})
    try:
        form = call.parse_form(LotForm)
        if form.find is not None:
            return redirect(f"{await keep_form(call, 'search')}#{quote(form.find)}")
        if form.save is not None:
            return await _save_draft(call, form)
        saved = await enter_lot(
            call.context,
            form.fields,
            edited=call.query.get("edit"),
            kind=call.query.get("produce"),
            thousands="." if call.language == "vi" else ",",
            correction=CorrectionRequest(form.reason, form.note, form.version),
            draft=_find_seen_draft(call, form),
        )
    except LotFieldsRefused as refusal:
        return await refuse_form(call, _to_invalid_form(refusal))
    except VeritemError as refusal:
        return await refuse_form(call, refusal)
    flash = "flash.lot_proposed" if isinstance(saved, Proposal) else "flash.lot_saved"
    return redirect(f"/lots/{quote(form.fields['code'], safe='')}", flash)


def _find_seen_draft(call: PageCall, form: LotForm) -> SeenDraft | None:
    draft = call.query.get("lot_draft")
    return SeenDraft(draft, form.draft_version or 0) if draft else None


async def _is_draft_kept(call: PageCall, draft: str) -> bool:
    with suppress(UnknownRow):
        await lot_drafts.get_draft(call.context, draft)
        return True
    return False


async def _save_draft(call: PageCall, form: LotForm) -> web.StreamResponse:
    """Keep what was typed as a draft, and go on with it."""
    product = form.fields.get("product", "")
    products = {one.id: one for one in await registry.list_products(call.context)}
    name = form.fields.get("code", "")
    if not name and product in products:
        name = product_name(products[product], call.language)
    saved = await lot_drafts.save_draft(
        call.context,
        form.fields,
        kind=call.query.get("produce", CROP),
        name=name,
        id_=call.query.get("lot_draft"),
        version=form.draft_version,
        key=form.key,
    )
    query = urlencode({"produce": saved.kind, "lot_draft": saved.id})
    return redirect(f"/new-lot?{query}", "flash.draft_saved")


def _complete_fields(sent: Mapping[str, str], image: str | None) -> dict[str, str]:
    """The fields with the photo's address, and with what was searched for and not chosen."""
    fields = {name: text for name, text in sent.items() if not name.startswith(_SOUGHT)}
    for name, text in sent.items():
        if name.startswith(_SOUGHT):
            site = name.removeprefix(_SOUGHT)
            if fields.get("find") == site or not fields.get(site):
                fields[site] = text
    return {**fields, "image": image} if image else fields


def _to_invalid_form(refusal: LotFieldsRefused) -> InvalidForm:
    flaws = [
        Flaw(name, f"code_flaw.{flaw.reason}", flaw.values) for name, flaw in refusal.flaws.items()
    ]
    return InvalidForm(flaws, field=flaws[0].field, why=refusal.evidence["why"])


def _find_kind(call: PageCall, fields: Mapping[str, str], products: list[ProductRow]) -> str | None:
    """The kind of produce of the form; None where several are registered and none is chosen."""
    kinds = {product.id: product.kind or CROP for product in products}
    asked = call.query.get("produce")
    if asked in load_profiles():
        return asked
    if fields:
        return kinds.get(fields.get("product", ""), CROP)
    several = set(kinds.values()) or {CROP}
    return several.pop() if len(several) == 1 else None


def _render_kinds(call: PageCall, products: list[ProductRow]) -> web.Response:
    kinds = {product.kind or CROP for product in products}
    return render_page(
        call,
        "lot_kinds.html",
        call.texts("activate.new_lot"),
        kinds=[
            (kind, profile.name[call.language])
            for kind, profile in load_profiles().items()
            if kind in kinds
        ],
    )


@dataclass(frozen=True, slots=True)
class _FormField:
    """A field as the template draws it."""

    name: str
    label: str
    control: str
    is_required: bool
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    example: str = ""


async def _render_form(
    call: PageCall, fields: dict[str, str], kind: str, products: list[ProductRow]
) -> web.Response:
    profile = load_profiles()[kind]
    is_bound = False
    with suppress(UnknownLot):
        is_bound = await lots.is_bound(call.context, fields.get("code", ""))
    own = await find_places(call.context, "packing_house", "")
    houses = [one for one in own if one.condition == "active"]
    if not call.draft and not fields.get("packing_house") and len(houses) == 1:
        fields["packing_house"] = houses[0].code
    sought = call.fields.get("find", "") if call.draft else ""
    found: list[PlaceChoice] = []
    if sought in profile.code_kinds:
        found = await find_places(call.context, sought, fields.get(sought, ""))
    kept = {name: call.query[name] for name in _KEPT_QUERY if name in call.query}
    kept.setdefault("produce", kind)
    if "lot_draft" in kept and not await _is_draft_kept(call, kept["lot_draft"]):
        # The form was sent with a draft that is gone: what was typed is that of a new lot.
        del kept["lot_draft"]
        fields.pop("draft_version", None)
    choices = {
        "product": tuple(
            (p.id, product_name(p, call.language)) for p in products if (p.kind or CROP) == kind
        ),
        "kind": tuple((str(one), call.texts(f"lots.{one}")) for one in PartyKind),
        "province": list_provinces(call),
    }
    return render_page(
        call,
        "lot_form.html",
        call.texts("activate.new_lot"),
        scripts=(_PHOTO_SCRIPT,) if find_asset(_PHOTO_SCRIPT) else (),
        fields=fields,
        action=f"/new-lot?{urlencode(kept)}",
        groups=[
            (words[call.language], _list_fields(call, profile, group, choices))
            for group, words in profile.groups.items()
        ],
        sought=sought,
        found=found,
        is_bound=is_bound,
        may_draft=call.context.actor.organisation is not None and "edit" not in call.query,
        corrections=[(str(r), call.texts(f"correction.{r}")) for r in CorrectionReason],
    )


def _list_fields(
    call: PageCall,
    profile: LotProfile,
    group: str,
    choices: Mapping[str, tuple[tuple[str, str], ...]],
) -> list[_FormField]:
    """The fields of a group, in the order of the profile."""
    return [
        _make_field(call, profile, item, name, choices.get(name, ()))
        for item in profile.items
        if item.group == group
        for name in item.form_fields
    ]


def _make_field(
    call: PageCall,
    profile: LotProfile,
    item: LotItem,
    name: str,
    choices: tuple[tuple[str, str], ...],
) -> _FormField:
    hint = ""
    if item.needed_with:
        other = profile.item(item.needed_with).label[call.language]
        hint = call.texts("lots.needed_with", item=other)
    if item.choices:
        choices = tuple((one, words[call.language]) for one, words in item.choices.items())
    example = item.example
    control = "text"
    if name == "image":
        control = "photo"
    elif name in profile.code_kinds:
        control = "place"
        kind = next(one for one in profile.code_kinds if one == name)
        example = item.example or list_examples(kind)[0]
    elif choices or item.type is DetailType.CHOICE or name in ("product", "kind", "province"):
        control = "choose"
    elif name == "shelf_life" or item.type is DetailType.COUNT:
        control = "count"
    elif name == "grown" or item.type is DetailType.DAY:
        control = "date"
    elif name in TIMES:
        control = "datetime-local"
    return _FormField(
        name=name,
        label=label_field(profile, name, call.texts),
        control=control,
        is_required=item.is_mandatory and name != "certificate",
        hint=hint,
        choices=choices,
        example=example,
    )
