"""Drafts of lots: what is not complete yet is saved, and continued later, by colleagues too.

A draft holds the fields as they were typed, flaws and all. Nothing is checked until the lot is
saved from it, which removes the draft in the same transaction.
"""

import hashlib
from collections.abc import Mapping
from typing import Final

import structlog

from ledger import Ledger, LotDraft, SeenDraft
from services.context import ServiceContext
from services.errors import InvalidInput
from services.paging import DEFAULT_LIMIT, Page, PageRequest
from services.permissions import Permission, require_permission
from services.repetition import repeat_forever
from traceability.document_fields import LONGEST_TEXT
from traceability.lot_profiles import load_profiles

LONGEST_NAME: Final = 80
_ERASE_SECONDS: Final = 3600.0
_PHOTO: Final = "image"

_log = structlog.get_logger(__name__)


async def save_draft(
    context: ServiceContext,
    fields: Mapping[str, str],
    *,
    kind: str,
    name: str,
    id_: str | None = None,
    version: int | None = None,
    key: str = "",
) -> LotDraft:
    """Save a new draft, or (with `id_`) over the version that the writer saw.

    A new draft that is sent again with its `key` is the same draft. Fields that the kind of produce
    does not have are left out. Raises `Forbidden`, `InvalidInput`, `TooManyDrafts`, `UnknownRow`,
    `RowChanged` when a colleague saved it meanwhile.
    """
    organisation = _require_organisation(context)
    if kind not in load_profiles():
        raise InvalidInput(field="kind", why=f"must be one of {', '.join(load_profiles())}")
    known = {*load_profiles()[kind].form_fields, _PHOTO}
    kept = {field: text for field, text in fields.items() if text and field in known}
    for field, text in kept.items():
        if len(text) > LONGEST_TEXT:
            raise InvalidInput(field=field, why=f"at most {LONGEST_TEXT} characters")
    name = name.strip()[:LONGEST_NAME]
    if id_ is None:
        return await context.ledger.lot_drafts.add(
            organisation,
            name,
            kind,
            kept,
            actor=context.actor.id,
            id_=_name_draft(context.scope_key(key)) if key else None,
        )
    return await context.ledger.lot_drafts.replace(
        organisation, id_, name, kept, version=version or 0, actor=context.actor.id
    )


def find_unfilled(draft: LotDraft) -> tuple[str, ...]:
    """The mandatory items of the draft's kind of which a field is empty."""
    items = load_profiles()[draft.kind].items
    return tuple(
        item.name
        for item in items
        if item.is_mandatory and not all(draft.fields.get(field) for field in item.form_fields)
    )


async def erase_old_drafts(ledger: Ledger) -> None:
    """Delete old drafts every hour until cancelled; a ledger that fails is tried again."""

    async def erase() -> None:
        while await ledger.lot_drafts.delete_old():
            pass

    await repeat_forever(erase, seconds=_ERASE_SECONDS, log=_log, trouble="old drafts wait")


async def get_draft(context: ServiceContext, id_: str) -> LotDraft:
    """A draft of the actor's organisation. Raises `Forbidden`, `InvalidInput`, `UnknownRow`."""
    return await context.ledger.lot_drafts.get(_require_organisation(context), id_)


async def count_drafts(context: ServiceContext) -> int:
    """The number of drafts of the actor's organisation; 0 for an actor of none."""
    require_permission(context, Permission.LOT_PUT)
    if context.actor.organisation is None:
        return 0
    return await context.ledger.lot_drafts.count(context.actor.organisation)


async def list_drafts(
    context: ServiceContext, *, limit: int = DEFAULT_LIMIT, after: str | None = None
) -> Page[LotDraft]:
    """The drafts of the actor's organisation, the last saved first; none for an actor of none.

    Raises `Forbidden`, `InvalidInput`.
    """
    require_permission(context, Permission.LOT_PUT)
    if context.actor.organisation is None:
        return Page([], None)
    request = PageRequest(limit, after)
    rows = await context.ledger.lot_drafts.find_page(
        context.actor.organisation, after=request.key(int, str), limit=limit + 1
    )
    return request.make_page(rows, lambda draft: (draft.saved_at, draft.id))


async def delete_draft(context: ServiceContext, seen: SeenDraft) -> None:
    """Delete a draft in the version that was seen; again changes nothing.

    Raises `Forbidden`, `InvalidInput`, `RowChanged` when a colleague saved it meanwhile.
    """
    await context.ledger.lot_drafts.remove(_require_organisation(context), seen)


def _name_draft(scoped_key: str) -> str:
    return hashlib.sha256(f"veritem lot draft\0{scoped_key}".encode()).hexdigest()[:16]


def _require_organisation(context: ServiceContext) -> str:
    require_permission(context, Permission.LOT_PUT)
    if context.actor.organisation is None:
        why = "drafts belong to an organisation, and this account is of none"
        raise InvalidInput(field="organisation", why=why)
    return context.actor.organisation
