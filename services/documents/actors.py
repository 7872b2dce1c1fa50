"""JSON documents of invitations of actors."""

from ledger.organisations.actor_invitations import ActorInvitationState
from ledger.trade_kinds import TradeKind
from services.documents.models import Document, Timestamp
from services.organisations.actor_invitations import ShownInvitation, describe_link
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
