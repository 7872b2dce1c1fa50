"""JSON documents of what signs in, as its lists show it: tokens and sessions."""

from typing import Literal

from services.documents.models import Document, Timestamp
from services.lists.description import Row
from stamps.timestamps import format_rfc3339


class ListedTokenDocument(Document):
    """A token of an account or of an organisation, without its secret."""

    id: str
    label: str
    kind: Literal["machine", "command-line"]
    account: str
    """The account that owns it; of an organisation's token: who made it."""
    organisation: str | None
    """The organisation that it belongs to; null for an account's."""
    scopes: list[str] | None
    """The permissions that it is limited to; null for all of its account's."""
    state: Literal["valid", "expired", "revoked"]
    made_at: Timestamp
    expires_at: Timestamp | None
    revoked_at: Timestamp | None
    used_at: Timestamp | None
    """When it was last used, to the hour."""


class ListedSessionDocument(Document):
    """Where an account is or was signed in at the desk."""

    id: str
    account: str
    browser: str
    state: Literal["open", "ended"]
    began_at: Timestamp
    seen_at: Timestamp
    ended_at: Timestamp | None
    """When somebody ended it; null for one that ended by itself."""


def describe_listed_token(row: Row) -> ListedTokenDocument:
    """The document of a row of the list of tokens."""
    return ListedTokenDocument(
        id=row["id"],
        label=row["label"],
        kind=row["use"],
        account=row["staff"],
        organisation=row["organisation"],
        scopes=None if row["scopes"] is None else row["scopes"].split(),
        state=row["state"],
        made_at=format_rfc3339(row["made_at"]),
        expires_at=format_rfc3339(row["expires_at"]),
        revoked_at=format_rfc3339(row["revoked_at"]),
        used_at=format_rfc3339(row["used_at"]),
    )


def describe_listed_session(row: Row) -> ListedSessionDocument:
    """The document of a row of the list of sessions."""
    return ListedSessionDocument(
        id=row["id"],
        account=row["staff"],
        browser=row["browser"],
        state=row["state"],
        began_at=format_rfc3339(row["began_at"]),
        seen_at=format_rfc3339(row["seen_at"]),
        ended_at=format_rfc3339(row["ended_at"]),
    )
