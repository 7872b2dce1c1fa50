"""Imports of invitations from CSV and XLSX: whom a file would invite is shown, then they are.

`preview_import` invites nobody. `apply_import` takes the id of what was shown, and makes all of its
invitations or none; a file with a line at fault is not applied. A line whose household or
organisation has an open invitation already is at fault, so a file that is sent again invites
nobody twice. The sheets of all that a file invited are one PDF.
"""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ledger.errors import TooManyInvitations, UnknownRow
from ledger.organisations.actor_invitations import MOST_OPEN, NewActorInvitation
from ledger.table_imports import TableImport
from ledger.trade_kinds import TradeKind
from services.codes.code_imports import RefusedLine
from services.context import ServiceContext
from services.errors import ImportRefused
from services.organisations.actor_invitations import LIFETIME_DAYS, ShownInvitation, show_invitation
from services.organisations.invitation_table import InvitedLine, read_invited
from services.permissions import Permission, has_permission, require_permission
from services.tables.line_flaws import LineFlaw, make_flaw
from stamps.vietnam_time import DAY_MS

MOST_LINES: Final = 500
"""Lines of one file; each is a page of its sheets."""


@dataclass(frozen=True, slots=True)
class InvitedActor:
    """A line that invites somebody."""

    line: int
    kind: TradeKind
    name: str
    phone_end: str | None
    """The last three digits of the phone number."""
    province: str | None
    code: str | None


@dataclass(frozen=True, slots=True)
class InvitationImportPreview:
    """An import: whom it would invite, or, once it was applied, how many it invited."""

    id: str
    file_name: str
    counts: Mapping[str, int]
    """Numbers of invitations `added` and of lines `refused`."""
    at: int
    actor: str
    applied_at: int | None = None
    invited: Sequence[InvitedActor] = ()
    refused: Sequence[RefusedLine] = ()
    ignored: Sequence[str] = ()
    """Columns that are not read."""

    @property
    def can_apply(self) -> bool:
        """Whether there is somebody to invite, and nothing in the way."""
        return self.applied_at is None and not self.counts["refused"] and bool(self.counts["added"])


async def preview_import(
    context: ServiceContext, content: bytes, file_name: str
) -> InvitationImportPreview:
    """Read a file of people to invite, and keep what it would do for a day.

    Raises `Forbidden`, `UnreadableText`, `MalformedTable`, `SheetTooLarge`, `TooManyInvitations`,
    `SecretLocked`, and `InvalidInput` for a file without names, without lines, or with too many.
    """
    require_permission(context, Permission.ACTOR_INVITE)
    lines, ignored = await asyncio.to_thread(read_invited, content, MOST_LINES)
    await _check_lines(context, lines)
    added = [one for one in lines if not one.flaws]
    refused = [one for one in lines if one.flaws]
    document = {
        "invited": [
            [one.line, one.kind, one.name, one.phone and one.phone[-3:], one.province, one.code]
            for one in added
        ],
        "refused": [
            [
                one.line,
                one.name[:60],
                {name: [flaw.reason, dict(flaw.values)] for name, flaw in one.flaws.items()},
            ]
            for one in refused
        ],
        "ignored": ignored,
    }
    kept = TableImport(
        id=secrets.token_hex(32),
        file_name=file_name.strip()[:200] or "–",
        counts={"added": len(added), "refused": len(refused)},
        document=document,
        actor=context.actor.id,
        at=context.clock(),
    )
    phones = {one.line: one.phone for one in added if one.phone is not None}
    return _to_preview(await context.ledger.invitation_imports.keep(kept, phones))


async def get_import(context: ServiceContext, id_: str) -> InvitationImportPreview:
    """An import of the actor that was shown. Raises `Forbidden`, `UnknownRow`."""
    return _to_preview(await _find(context, id_))


async def apply_import(context: ServiceContext, id_: str) -> InvitationImportPreview:
    """Invite exactly those who were shown; again changes nothing.

    Raises `Forbidden`, `UnknownRow`, `ImportRefused` for a file with lines at fault,
    `ImportOutdated`, `TooManyInvitations`, `SecretLocked`.
    """
    kept = await _find(context, id_)
    shown = _to_preview(kept)
    if shown.counts["refused"]:
        raise ImportRefused(lines=shown.counts["refused"], line=shown.refused[0].line)
    if not shown.can_apply:
        return shown
    phones = context.ledger.invitation_imports.open_phones(kept)
    at, actor = context.clock(), context.actor
    new = [
        (
            f"{_prefix(id_)}{one.line:07}",
            NewActorInvitation(
                kind=one.kind,
                inviter=actor.organisation or "",
                invited_by=actor.id,
                name=one.name,
                expires_at=at + LIFETIME_DAYS * DAY_MS,
                phone=phones.get(one.line),
                province=actor.province or one.province,
                code=one.code,
            ),
        )
        for one in shown.invited
    ]
    applied = await context.ledger.invitation_imports.apply(id_, new, actor=actor.id, at=at)
    return _to_preview(applied)


async def list_invited(context: ServiceContext, id_: str) -> list[ShownInvitation]:
    """The invitations that an applied import made, in the order of its lines, with their codes.

    Raises `Forbidden`, `UnknownRow`.
    """
    await _find(context, id_)
    found = await context.ledger.actor_invitations.list_of_keys(
        context.actor.organisation or "", _prefix(id_)
    )
    return [await show_invitation(context, one) for one in found]


async def _find(context: ServiceContext, id_: str) -> TableImport:
    require_permission(context, Permission.ACTOR_INVITE)
    kept = await context.ledger.invitation_imports.get(id_)
    if kept.actor != context.actor.id:
        raise UnknownRow(kind="import", id=id_)
    return kept


async def _check_lines(context: ServiceContext, lines: Sequence[InvitedLine]) -> None:
    """Add to each line what is wrong with it beside others, and beside what is registered."""
    open_ones = await context.ledger.actor_invitations.list_open(context.actor.organisation or "")
    if len(open_ones) + len(lines) > MOST_OPEN:
        raise TooManyInvitations(most=MOST_OPEN)
    invited = {(one.kind, one.name, one.phone_end) for one in open_ones}
    may_give_code = has_permission(context.actor, Permission.CODE_EDIT)
    named = {one.code for one in lines if one.code is not None}
    codes = await context.ledger.registered_codes.get_many(named) if may_give_code else {}
    numbers: dict[str, int] = {}
    whole: dict[tuple[Any, ...], int] = {}
    for one in lines:
        same = one.kind, one.name, one.phone
        if one.phone is not None and one.phone in numbers:
            one.flaws.setdefault("phone", make_flaw("repeated", line=numbers[one.phone]))
        elif one.name and same in whole:
            one.flaws.setdefault("name", make_flaw("repeated", line=whole[same]))
        elif (one.kind, one.name, one.phone and one.phone[-3:]) in invited:
            one.flaws.setdefault("name", make_flaw("invited"))
        if one.code is not None and not may_give_code:
            one.flaws.setdefault("code", make_flaw("no_codes"))
        elif one.code is not None and one.code not in codes:
            one.flaws.setdefault("code", make_flaw("unknown", text=one.code))
        if one.phone is not None:
            numbers.setdefault(one.phone, one.line)
        whole.setdefault(same, one.line)


def _prefix(id_: str) -> str:
    """What the keys of the invitations of an import begin with."""
    return f"invitation-import {id_} "


def _to_preview(kept: TableImport) -> InvitationImportPreview:
    nothing: dict[str, Any] = {"invited": (), "refused": (), "ignored": ()}
    document = kept.document or nothing
    return InvitationImportPreview(
        id=kept.id,
        file_name=kept.file_name,
        counts=kept.counts,
        at=kept.at,
        actor=kept.actor,
        applied_at=kept.applied_at,
        invited=[InvitedActor(*one) for one in document["invited"]],
        refused=[
            RefusedLine(line, name, {field: LineFlaw(*flaw) for field, flaw in flaws.items()})
            for line, name, flaws in document["refused"]
        ],
        ignored=document["ignored"],
    )
