"""Drafts of forms at the desk: what was typed, kept for the page on which the form is shown again.

A form is kept when it is refused, when its session has ended, and when the page changes its
language. It is encrypted, bound to an account and to a browser, bounded in size and number, and
gone after a day. Nothing in a draft is carried out: the person presses the button again. Passwords,
one-time codes and files are left out; `left_out` names the fields, so that the page asks for them.
"""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from urllib.parse import unquote

import orjson
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from desk.forms.refusals import ShownRefusal
from ledger import Ledger
from ledger.accounts.form_drafts import LONGEST_CONTENT

DraftReason = Literal["refused", "session-ended", "language", "search"]

DRAFT_PARAMETER: Final = "draft"
"""The parameter of a page's address that names the form that it shows again."""
PAGE_PARAMETER: Final = "page"
"""The parameter that names the page of a form, where its address does not."""
_LIFETIME_MS: Final = 86_400_000
_UNKEPT: Final = frozenset({"csrf", "key"})
"""Fields of every form that the page makes anew."""
_SECRET_WORDS: Final = ("password", "otp", "passphrase", "recovery", "secret")
_SECRETS: Final = frozenset({"old", "new", "pin"})
_GROWTH: Final = 4 / 3
"""Fernet writes base64."""
_OVERHEAD: Final = 4096


@dataclass(frozen=True, slots=True)
class DraftOwner:
    """Owner of a draft: an account, in one browser."""

    account: str
    browser: str
    """The id of the browser's cookie (`KnownBrowsers`); empty for a browser without one."""


@dataclass(frozen=True, slots=True)
class FormDraft:
    """A form as it was sent, and why it is shown again."""

    page: str
    """The path of the page that shows it."""
    action: str
    """The path to which it was sent."""
    fields: Mapping[str, str]
    reason: DraftReason
    refusal: ShownRefusal | None = None
    left_out: tuple[str, ...] = field(default=())
    """Fields that are not kept: passwords, one-time codes, files, and what is too long."""


def is_secret_field(name: str) -> bool:
    """Whether a field holds what is never kept.

    >>> [is_secret_field(name) for name in ("old", "new_password", "otp", "note")]
    [True, True, True, False]
    """
    return name in _SECRETS or any(word in name for word in _SECRET_WORDS)


class DraftStore:
    """Keeps drafts in the ledger, encrypted with a key that is derived from the desk's secret."""

    def __init__(self, ledger: Ledger, secret: bytes, clock: Callable[[], int]) -> None:
        self._drafts = ledger.form_drafts
        self._fernet = Fernet(derive_fernet_key(secret, b"veritem desk drafts v1"))
        self._clock = clock

    async def keep(self, owner: DraftOwner, draft: FormDraft) -> str:
        """Keep a draft; return its id."""
        fields = {name: text for name, text in draft.fields.items() if name not in _UNKEPT}
        secrets = [name for name in fields if is_secret_field(name)]
        kept = {name: text for name, text in fields.items() if name not in secrets}
        left_out = [*draft.left_out, *(name for name in secrets if fields[name])]
        while kept and _measure(kept) > LONGEST_CONTENT / _GROWTH - _OVERHEAD:
            longest = max(kept, key=lambda name: len(kept[name]))
            left_out.append(longest)
            del kept[longest]
        content = {
            "browser": owner.browser,
            "page": draft.page,
            "action": draft.action,
            "fields": kept,
            "reason": draft.reason,
            "refusal": draft.refusal.to_json() if draft.refusal else None,
            "left_out": left_out,
        }
        sealed = self._fernet.encrypt_at_time(orjson.dumps(content), self._clock() // 1000)
        if len(sealed) > LONGEST_CONTENT:
            content["refusal"] = None  # its evidence is long; what was typed comes first
            sealed = self._fernet.encrypt_at_time(orjson.dumps(content), self._clock() // 1000)
        return await self._drafts.keep(owner.account, sealed, lifetime_ms=_LIFETIME_MS)

    async def find(self, owner: DraftOwner, id_: str, page: str) -> FormDraft | None:
        """Return the draft of this id for its page; None if it expired or is of another page."""
        sealed = await self._drafts.find(owner.account, id_)
        if sealed is None:
            return None
        try:
            content: dict[str, Any] = orjson.loads(self._fernet.decrypt(sealed))
        except InvalidToken:  # another secret of the desk
            return None
        # Browsers differ in which characters of a path they encode.
        if content["browser"] != owner.browser or unquote(content["page"]) != unquote(page):
            return None
        refusal = content["refusal"]
        return FormDraft(
            page=page,
            action=content["action"],
            fields=content["fields"],
            reason=content["reason"],
            refusal=ShownRefusal.from_json(refusal) if refusal else None,
            left_out=tuple(content["left_out"]),
        )


def derive_fernet_key(secret: bytes, purpose: bytes) -> bytes:
    """A key for `Fernet` from the desk's secret."""
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(secret)
    return base64.urlsafe_b64encode(derived)


def _measure(fields: Mapping[str, str]) -> int:
    return len(orjson.dumps(fields))
