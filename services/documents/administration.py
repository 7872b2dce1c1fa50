"""JSON documents of administration: organisations, print keys, accounts, tokens and sessions."""

from typing import Any, Literal

from ledger import AuditEntry, Organisation, OrganisationKind, Token
from ledger.accounts.staff_sessions import StaffSession
from ledger.batches.print_keys import PrintKey
from services.documents.accounts import AccountDocument, describe_account
from services.documents.models import Document, Timestamp
from services.staff import StaffDetails, StaffState
from stamps.timestamps import format_rfc3339


class OrganisationDocument(Document):
    """A party: a print house, a packer, an authority …"""

    id: str
    kind: OrganisationKind
    name: str
    address: str | None
    disabled_at: Timestamp | None
    """Since when it is disabled; null while it is enabled."""
    province: str | None
    """Two digits: where a packer works, what an authority answers for."""


class PrintKeyDocument(Document):
    """A public key of a print house; new bundles are encrypted to those that are in use."""

    public_key: str
    label: str
    added_at: Timestamp | None
    """Null for a key of the registration."""
    added_by: str | None
    retired_at: Timestamp | None
    retired_by: str | None


class TokenDocument(Document):
    """A token of an account, without its secret."""

    id: str
    label: str
    kind: Literal["machine", "command-line"]
    scopes: list[str] | None
    """The permissions that it is limited to; null for all of its account's."""
    made_at: Timestamp
    expires_at: Timestamp | None
    revoked_at: Timestamp | None
    used_at: Timestamp | None
    """When it was last used, to the hour."""


class MadeTokenDocument(TokenDocument):
    """A token that was just made, with its text, which is answered this once."""

    token: str


class SessionDocument(Document):
    """A session of an account at the desk."""

    id: str
    began_at: Timestamp
    seen_at: Timestamp
    browser: str


class StaffDetailsDocument(AccountDocument):
    """An account with its state and its tokens."""

    state: StaffState
    invited_until: Timestamp | None
    """Time until which its invitation can be accepted; null without an open invitation."""
    tokens: list[TokenDocument]


class AuditEntryDocument(Document):
    """One entry of the audit log."""

    seq: int
    at: Timestamp
    actor: str
    action: str
    subject: str
    details: dict[str, Any]
    hash: str


def describe_organisation(organisation: Organisation) -> OrganisationDocument:
    """The document of an organisation."""
    return OrganisationDocument(
        id=organisation.id,
        kind=organisation.kind,
        name=organisation.name,
        address=organisation.address,
        disabled_at=format_rfc3339(organisation.disabled_at),
        province=organisation.province,
    )


def describe_print_key(key: PrintKey) -> PrintKeyDocument:
    """The document of a print key."""
    return PrintKeyDocument(
        public_key=key.public_key,
        label=key.label,
        added_at=format_rfc3339(key.added_at) if key.added_at else None,
        added_by=key.added_by or None,
        retired_at=_format_optional(key.retired_at),
        retired_by=key.retired_by,
    )


def describe_token(token: Token) -> TokenDocument:
    """The document of a token."""
    return TokenDocument(**_token_fields(token))


def describe_made_token(token: Token, text: str) -> MadeTokenDocument:
    """The document of a token that was just made."""
    return MadeTokenDocument(**_token_fields(token), token=text)


def describe_session(session: StaffSession) -> SessionDocument:
    """The document of a session."""
    return SessionDocument(
        id=session.id,
        began_at=format_rfc3339(session.began_at),
        seen_at=format_rfc3339(session.seen_at),
        browser=session.browser,
    )


def describe_staff_details(details: StaffDetails) -> StaffDetailsDocument:
    """The document of an account as administrators see it."""
    invitation = details.invitation
    return StaffDetailsDocument(
        **describe_account(details.staff).model_dump(),
        state=details.state,
        invited_until=None if invitation is None else format_rfc3339(invitation.expires_at),
        tokens=[describe_token(token) for token in details.tokens],
    )


def describe_audit_entry(entry: AuditEntry) -> AuditEntryDocument:
    """The document of an entry of the audit log."""
    return AuditEntryDocument(
        seq=entry.seq,
        at=format_rfc3339(entry.at),
        actor=entry.actor,
        action=entry.action,
        subject=entry.subject,
        details=dict(entry.details),
        hash=entry.hash,
    )


def _token_fields(token: Token) -> dict[str, Any]:
    return {
        "id": token.id,
        "label": token.label,
        "kind": token.kind or "machine",
        "scopes": None if token.scopes is None else sorted(token.scopes),
        "made_at": format_rfc3339(token.made_at),
        "expires_at": _format_optional(token.expires_at),
        "revoked_at": _format_optional(token.revoked_at),
        "used_at": _format_optional(token.used_at),
    }


def _format_optional(at: int | None) -> str | None:
    return None if at is None else format_rfc3339(at)
