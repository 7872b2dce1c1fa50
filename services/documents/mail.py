"""JSON documents of e-mail: what an account is told and how, and the mails of the outbox."""

from ledger.alerts.alert_levels import AlertLevel
from ledger.notices.mail_addresses import MailAddressState, MailMode
from ledger.notices.mails import Mail, MailPurpose, MailState
from ledger.notices.typed_mail_address import mask_address
from services.documents.models import Document, Timestamp
from services.notices.mail_addresses import OwnMail
from services.notices.mail_kinds import list_modes
from stamps.timestamps import format_rfc3339


class MailKindDocument(Document):
    """A kind of notices, and how the account is told."""

    kind: str
    mode: MailMode
    modes: list[MailMode]
    """How it can be told."""


class OwnMailDocument(Document):
    """The e-mail of an account: its address, the one that waits, and what it is told."""

    address: str | None
    state: MailAddressState | None
    """`failing`: the mail server refused the address, and nothing is sent there."""
    failure: str | None
    """Answer of the mail server."""
    requested_address: str | None
    """The address that waits for its confirmation."""
    requested_until: Timestamp | None
    level: AlertLevel | None
    language: str | None
    digest_hour: int | None
    """Hour of the day in Vietnam."""
    kinds: list[MailKindDocument]


class SentMailDocument(Document):
    """A mail of the outbox; `id` begins its Message-ID. It shows no content."""

    id: str
    account: str | None
    address: str
    """Masked: its person alone sees it whole."""
    purpose: MailPurpose
    state: MailState
    made_at: Timestamp
    due_at: Timestamp
    attempts: int
    tried_at: Timestamp | None
    status: int | None
    failure: str | None
    answer: str | None
    """The beginning of the server's last reply."""


def describe_own_mail(own: OwnMail) -> OwnMailDocument:
    """The document of an account's mail."""
    address, request = own.address, own.request
    return OwnMailDocument(
        address=address.address if address else None,
        state=address.state if address else None,
        failure=address.failure if address else None,
        requested_address=request.address if request else None,
        requested_until=format_rfc3339(request.expires_at) if request else None,
        level=address.level if address else None,
        language=address.language if address else None,
        digest_hour=address.digest_hour if address else None,
        kinds=[
            MailKindDocument(kind=kind, mode=mode, modes=list(list_modes(kind)))
            for kind, mode in own.modes.items()
        ],
    )


def describe_mail(mail: Mail) -> SentMailDocument:
    """The document of a mail."""
    return SentMailDocument(
        id=mail.id,
        account=mail.staff,
        address=mask_address(mail.address),
        purpose=mail.purpose,
        state=mail.state,
        made_at=format_rfc3339(mail.made_at),
        due_at=format_rfc3339(mail.due_at),
        attempts=mail.attempts,
        tried_at=format_rfc3339(mail.tried_at),
        status=mail.status,
        failure=mail.failure,
        answer=mail.answer,
    )
