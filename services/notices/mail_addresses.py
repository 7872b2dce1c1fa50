"""A person's e-mail address and what is told there; and the mails that did not arrive.

An address is used once its person confirmed it: the link of a mail leads to a page of the signed-in
account with a button, so neither a link preview nor somebody else's mailbox confirms anything.
Asking for an address needs the password again, because mail tells what a session alone could read.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ledger import Ledger
from ledger.alerts.alert_levels import LEVELS, AlertLevel
from ledger.errors import UnknownMailLink, UnknownRow
from ledger.notices.mail_addresses import MailAddress, MailMode, MailRequest
from ledger.notices.mail_links import CONFIRM_SECONDS, MailLinks
from ledger.notices.mails import LIFETIME_MS, SEAL_PURPOSE, Mail, MailPurpose, MailState
from ledger.notices.typed_mail_address import read_address
from ledger.storage.secret_seal import LoadKeys, SecretSeal
from services.context import ServiceContext
from services.errors import InvalidInput, MailOff
from services.notices.mail_digests import find_next_digest
from services.notices.mail_kinds import get_mode, list_kinds, list_modes
from services.paging import Page, PageRequest
from services.permissions import Permission, require_permission, require_whole_account
from services.sign_in import IdentityProof, SignInBudgets, confirm_identity
from web.i18n import LANGUAGES, Language

CONFIRM_PATH: Final = "/account/mail/confirm"


@dataclass(frozen=True, slots=True)
class MailTools:
    """Dependencies of mails in a process that takes requests; another part sends them."""

    seal: SecretSeal
    links: MailLinks
    is_on: bool
    """Whether a mail server is named, so that mail is sent at all."""


def make_mail_tools(keys: LoadKeys, *, is_on: bool) -> MailTools:
    """The tools of a process that has the keys of the notice service."""
    return MailTools(SecretSeal(SEAL_PURPOSE, keys), MailLinks(keys), is_on)


@dataclass(frozen=True, slots=True)
class OwnMail:
    """The mail of an account: its address, the one it asked for, and what it is told."""

    address: MailAddress | None
    request: MailRequest | None
    modes: Mapping[str, MailMode]
    """How each kind that its role can see is told, by name."""


@dataclass(frozen=True, slots=True)
class MailChoice:
    """Kinds of notices that an account wants, and how."""

    modes: Mapping[str, str]
    level: str
    language: str
    digest_hour: int


async def show_own_mail(context: ServiceContext) -> OwnMail:
    """The mail of the actor's account."""
    addresses, account = context.ledger.mail_addresses, context.actor.id
    address = await addresses.find(account)
    kinds = list_kinds(context.actor)
    modes = {kind: get_mode(address.choices if address else {}, kind) for kind in kinds}
    return OwnMail(address, await addresses.find_request(account), modes)


async def request_own_address(
    context: ServiceContext,
    tools: MailTools,
    budgets: SignInBudgets,
    proof: IdentityProof,
    address: str,
    language: Language,
) -> OwnMail:
    """Ask for an address; a link that confirms it is sent there. The present one stays till then.

    Raises `MailOff`, `TokenLimited`, `InvalidInput`, `WrongCredentials`, `ConfirmationLimited`,
    `SignInBusy`, `MailLimited`, `SecretLocked`.
    """
    require_whole_account(context)
    if not tools.is_on:
        raise MailOff
    found = read_address(address)
    if found is None:
        raise InvalidInput(field="address", why="is no e-mail address", expected="mail_address")
    await confirm_identity(context, budgets, proof)
    account, at, secret = context.actor.id, context.clock(), secrets.token_urlsafe(24)
    expires_at = at + CONFIRM_SECONDS * 1000
    token = tools.links.sign_confirmation(account, secret)
    mail = make_sealed_mail(
        tools.seal,
        account,
        found,
        "verify",
        language,
        {"path": f"{CONFIRM_PATH}?token={token}"},
        at=at,
        expires_at=expires_at,
    )
    request = MailRequest(account, found, language, _digest(secret), at, expires_at)
    await context.ledger.mail_addresses.request(request, mail)
    return await show_own_mail(context)


async def confirm_own_address(context: ServiceContext, tools: MailTools, token: str) -> OwnMail:
    """Confirm the address that the actor asked for. Raises `TokenLimited`, `UnknownMailLink`."""
    require_whole_account(context)
    account, secret = tools.links.read_confirmation(token.strip())
    if account != context.actor.id:
        raise UnknownMailLink
    await context.ledger.mail_addresses.confirm(
        account,
        _digest(secret),
        digest_at=lambda hour: find_next_digest(hour, context.clock()),
        told=lambda old: _make_mail(context, account, old.address, "changed", old.language),
    )
    return await show_own_mail(context)


async def choose_own_mail(context: ServiceContext, choice: MailChoice) -> OwnMail:
    """Choose what the actor's account is told, and how.

    Raises `TokenLimited`, `InvalidInput`, `UnknownRow` without a confirmed address.
    """
    require_whole_account(context)
    account = context.actor.id
    kinds = list_kinds(context.actor)
    modes = {name: _check_mode(name, mode, kinds) for name, mode in choice.modes.items()}
    level: AlertLevel | None = next((one for one in LEVELS if one == choice.level), None)
    if level is None:
        raise InvalidInput(field="level", why=f"must be one of {', '.join(LEVELS)}")
    if choice.language not in LANGUAGES:
        raise InvalidInput(field="language", why=f"must be one of {', '.join(LANGUAGES)}")
    if not 0 <= choice.digest_hour <= 23:
        raise InvalidInput(field="digest_hour", why="must be from 0 to 23")
    known = await context.ledger.mail_addresses.find(account)
    if known is None:
        raise UnknownRow(kind="mail address", id=account)
    await context.ledger.mail_addresses.choose(
        account,
        choices={**known.choices, **modes},
        level=level,
        language=choice.language,
        digest_hour=choice.digest_hour,
        digest_at=find_next_digest(choice.digest_hour, context.clock()),
        actor=account,
    )
    return await show_own_mail(context)


async def remove_own_address(context: ServiceContext) -> OwnMail:
    """Forget the actor's addresses; the confirmed one is told. Raises `TokenLimited`."""
    require_whole_account(context)
    account = context.actor.id
    await context.ledger.mail_addresses.remove(
        account, told=lambda old: _make_mail(context, account, old.address, "changed", old.language)
    )
    return await show_own_mail(context)


async def send_own_test(context: ServiceContext, tools: MailTools) -> Mail:
    """Send a test mail to the actor's address.

    Raises `MailOff`, `TokenLimited`, `UnknownRow` without a confirmed address, `MailLimited`.
    """
    require_whole_account(context)
    if not tools.is_on:
        raise MailOff
    account = context.actor.id
    known = await context.ledger.mail_addresses.find(account)
    if known is None:
        raise UnknownRow(kind="mail address", id=account)
    mail = _make_mail(context, account, known.address, "test", known.language)
    await context.ledger.mails.add_limited(mail)
    return mail


async def stop_notices(ledger: Ledger, tools: MailTools, token: str) -> tuple[str, ...]:
    """End the kinds of notices that a link names; return them. Nobody needs to be signed in.

    Raises `UnknownMailLink`, also for an address that was replaced.
    """
    link = tools.links.read_stop(token)
    if not await ledger.mail_addresses.stop_kinds(link.staff, link.address_digest, link.kinds):
        raise UnknownMailLink
    return link.kinds


async def list_mails(
    context: ServiceContext, state: MailState | None, request: PageRequest
) -> Page[Mail]:
    """The mails of the outbox, the newest first. Raises `Forbidden`, `InvalidInput`."""
    require_permission(context, Permission.MAIL_SEE)
    rows = await context.ledger.mails.find_page(
        state=state, after=request.key(int, str), limit=request.limit + 1
    )
    return request.make_page(rows, lambda one: (one.made_at, one.id))


async def resend_mail(context: ServiceContext, id_: str) -> Mail:
    """Send a dead mail again. Raises `Forbidden`, `UnknownRow`, `MailNotResendable`."""
    require_permission(context, Permission.MAIL_RESEND)
    return await context.ledger.mails.resend(id_, actor=context.actor.id)


def make_sealed_mail(
    seal: SecretSeal,
    staff: str,
    address: str,
    purpose: MailPurpose,
    language: str,
    content: Mapping[str, Any],
    *,
    at: int,
    expires_at: int,
) -> Mail:
    """A mail whose content is a secret: sealed until it is sent. Raises `SecretLocked`."""
    id_ = secrets.token_hex(16)
    return Mail(
        id=id_,
        staff=staff,
        address=address,
        purpose=purpose,
        language=language,
        content=seal.seal(id_, json.dumps(dict(content))),
        made_at=at,
        expires_at=min(expires_at, at + LIFETIME_MS),
    )


def _make_mail(
    context: ServiceContext,
    account: str,
    address: str,
    purpose: MailPurpose,
    language: str,
) -> Mail:
    at = context.clock()
    return Mail(
        id=secrets.token_hex(16),
        staff=account,
        address=address,
        purpose=purpose,
        language=language,
        content=json.dumps({"path": "/account/mail"}),
        made_at=at,
        expires_at=at + LIFETIME_MS,
    )


def _check_mode(kind: str, mode: str, kinds: list[str]) -> MailMode:
    if kind not in kinds:
        raise InvalidInput(field="kind", why=f"must be one of {', '.join(kinds)}")
    found = next((one for one in list_modes(kind) if one == mode), None)
    if found is None:
        raise InvalidInput(field=kind, why=f"must be one of {', '.join(list_modes(kind))}")
    return found


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
