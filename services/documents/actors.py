"""JSON documents of invitations of actors."""

from ledger.organisations.actor_invitations import ActorInvitationState
from ledger.trade_kinds import TradeKind
from services.documents.models import Document, Timestamp
from services.organisations.actor_invitations import ShownInvitation, describe_link
from services.organisations.invitation_imports import InvitationImportPreview
from stamps.timestamps import format_rfc3339


class ActorInvitationDocument(Document):
    """An invitation of an actor of the trade."""

    id: str
    kind: TradeKind
    name: str | None
    """Null once it is erased: nobody accepted."""
    province: str | None
    registered_code: str | None
    state: ActorInvitationState
    phone_end: str | None
    """The last three digits of the phone number; the number itself is never shown."""
    made_at: Timestamp
    expires_at: Timestamp
    organisation: str | None
    """The organisation that accepting made."""
    account: str | None


class OpenActorInvitationDocument(ActorInvitationDocument):
    """An invitation with what its inviter gives to the invited."""

    code: str | None
    """Works once; null unless the invitation is open."""
    link: str | None


class InvitedActorDocument(Document):
    """A line of a file that invites somebody."""

    line: int
    kind: TradeKind
    name: str
    phone_end: str | None
    """The last three digits of the phone number."""
    province: str | None
    registered_code: str | None


class RefusedInvitationDocument(Document):
    """A line that invites nobody, with the reason for each field."""

    line: int
    flaws: dict[str, str]


class InvitationImportDocument(Document):
    """An import, shown or applied."""

    id: str
    file_name: str
    added: int
    refused: int
    at: Timestamp
    applied_at: Timestamp | None
    invited: list[InvitedActorDocument]
    """Whom it would invite; empty once it was applied."""
    refused_lines: list[RefusedInvitationDocument]
    ignored: list[str]
    """Columns that are not read."""


def describe_invitation_import(shown: InvitationImportPreview) -> InvitationImportDocument:
    """The document of an import of invitations."""
    return InvitationImportDocument(
        id=shown.id,
        file_name=shown.file_name,
        added=shown.counts["added"],
        refused=shown.counts["refused"],
        at=format_rfc3339(shown.at),
        applied_at=None if shown.applied_at is None else format_rfc3339(shown.applied_at),
        invited=[
            InvitedActorDocument(
                line=one.line,
                kind=one.kind,
                name=one.name,
                phone_end=one.phone_end,
                province=one.province,
                registered_code=one.code,
            )
            for one in shown.invited
        ],
        refused_lines=[
            RefusedInvitationDocument(
                line=one.line, flaws={name: str(flaw) for name, flaw in one.flaws.items()}
            )
            for one in shown.refused
        ],
        ignored=list(shown.ignored),
    )


def describe_actor_invitation(
    shown: ShownInvitation, public_url: str
) -> OpenActorInvitationDocument:
    """The document of an invitation."""
    one = shown.invitation
    return OpenActorInvitationDocument(
        id=one.id,
        kind=one.kind,
        name=one.name,
        province=one.province,
        registered_code=one.code,
        state=one.state,
        phone_end=one.phone_end,
        made_at=format_rfc3339(one.made_at),
        expires_at=format_rfc3339(one.expires_at),
        organisation=one.organisation,
        account=one.account,
        code=shown.code,
        link=None if shown.code is None else describe_link(public_url, shown.code),
    )
