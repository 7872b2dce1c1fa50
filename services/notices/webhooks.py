"""Webhooks: who may have events of an organisation sent where, and what became of them.

An account manages those of its own organisation; an administrator those of every one. On a
page and by the API the account proves itself once more before a webhook is added or its secret
replaced, because whoever does that receives what the organisation is told from then on.
"""

import base64
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from ledger.errors import UnknownRow
from ledger.notices.notice_events import EVENTS, list_events
from ledger.notices.notices import Notice, NoticeState
from ledger.notices.webhooks import Webhook
from ledger.storage.secret_seal import SecretSeal
from services.context import ServiceContext
from services.errors import Forbidden, InvalidInput
from services.paging import Page, PageRequest
from services.permissions import Permission, require_permission
from services.sign_in import IdentityProof, SignInBudgets, confirm_identity
from traceability.portals.mapping import FORMATS
from web.public_address import may_be_public

MAX_URL_LENGTH: Final = 500
MAX_LABEL_LENGTH: Final = 80
PORTAL_EVENT: Final = "lot.published"
"""The event that portals are told of, with the record itself."""
OVERLAP_MS: Final = 24 * 3_600_000
"""Time for which the former secret signs beside a new one."""
_SECRET_BYTES: Final = 32
_ID_BYTES: Final = 8
_LOWEST_PORT: Final = 1024
"""Lowest port that is sent to beside 443: lower ones speak other protocols."""
_HTTPS_PORT: Final = 443


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """A webhook that is asked for."""

    organisation: str
    url: str
    events: Sequence[str]
    label: str = ""
    format: str | None = None
    """The format of a portal; None for notices."""


@dataclass(frozen=True, slots=True)
class WebhookWithSecret:
    """A webhook and its new secret, which is shown this once."""

    webhook: Webhook
    secret: str


async def list_choices(context: ServiceContext, organisation: str) -> list[str]:
    """The events that an organisation can ask for. Raises `Forbidden`, `UnknownRow`."""
    _require_own(context, organisation, Permission.WEBHOOK_SEE)
    return list_events((await context.ledger.organisations.get(organisation)).kind)


async def list_webhooks(context: ServiceContext, organisation: str | None) -> list[Webhook]:
    """The webhooks of an organisation; for None all that the actor sees. Raises `Forbidden`."""
    require_permission(context, Permission.WEBHOOK_SEE)
    sees_all = _is_own(context, None)
    wanted = context.actor.organisation if organisation is None and not sees_all else organisation
    if wanted is None and not sees_all:
        return []
    _require_own(context, wanted, Permission.WEBHOOK_SEE)
    return await context.ledger.webhooks.list(wanted)


async def get_webhook(context: ServiceContext, id_: str) -> Webhook:
    """The webhook, if it is of the actor's organisation. Raises `Forbidden`, `UnknownRow`."""
    return await _find_own(context, id_, Permission.WEBHOOK_SEE)


async def add_webhook(
    context: ServiceContext, seal: SecretSeal, request: WebhookRequest, key: str | None = None
) -> WebhookWithSecret:
    """Have events of an organisation sent to an address, from now on.

    The same `key` again makes no second webhook, and its secret cannot be told again. Raises
    `Forbidden`, `KeyRequired`, `UnknownRow`, `InvalidInput`, `WebhooksFull`, `AlreadyExists`,
    `SecretLocked`.
    """
    choices = await _list_choices_to_edit(context, request.organisation)
    webhook_id, secret = _make_id(context, key), _make_secret()
    webhook = Webhook(
        id=webhook_id,
        organisation=request.organisation,
        url=check_url(request.url),
        label=_check_label(request.label),
        events=_check_events(request.events, choices),
        secret=seal.seal(webhook_id, secret),
        made_at=context.clock(),
        made_by=context.actor.id,
        format=_check_format(request.format, request.events),
    )
    return WebhookWithSecret(await context.ledger.webhooks.add(webhook), secret)


async def add_own_webhook(
    context: ServiceContext,
    seal: SecretSeal,
    budgets: SignInBudgets,
    proof: IdentityProof,
    request: WebhookRequest,
    key: str | None = None,
) -> WebhookWithSecret:
    """Add a webhook after the account proved itself.

    Raises as `add_webhook` and `services.sign_in.confirm_identity` do.
    """
    choices = await _list_choices_to_edit(context, request.organisation)
    check_url(request.url)
    _check_events(request.events, choices)
    _check_format(request.format, request.events)
    await confirm_identity(context, budgets, proof)
    return await add_webhook(context, seal, request, key)


async def change_webhook(
    context: ServiceContext, id_: str, label: str, events: Sequence[str]
) -> Webhook:
    """Change name and events. Raises `Forbidden`, `UnknownRow`, `InvalidInput`."""
    webhook = await _find_own(context, id_, Permission.WEBHOOK_EDIT)
    choices = await _list_choices_to_edit(context, webhook.organisation)
    _check_format(webhook.format, events)
    return await context.ledger.webhooks.change(
        id_,
        label=_check_label(label),
        events=_check_events(events, choices),
        actor=context.actor.id,
    )


async def rotate_secret(context: ServiceContext, seal: SecretSeal, id_: str) -> WebhookWithSecret:
    """Replace the secret; both sign for `OVERLAP_MS`, then the new one alone.

    Raises `Forbidden`, `UnknownRow`, `SecretLocked`.
    """
    await _find_own(context, id_, Permission.WEBHOOK_EDIT)
    secret = _make_secret()
    webhook = await context.ledger.webhooks.rotate(
        id_,
        seal.seal(id_, secret),
        until=context.clock() + OVERLAP_MS,
        actor=context.actor.id,
    )
    return WebhookWithSecret(webhook, secret)


async def rotate_own_secret(
    context: ServiceContext,
    seal: SecretSeal,
    budgets: SignInBudgets,
    proof: IdentityProof,
    id_: str,
) -> WebhookWithSecret:
    """Replace the secret after the account proved itself.

    Raises as `rotate_secret` and `services.sign_in.confirm_identity` do.
    """
    await _find_own(context, id_, Permission.WEBHOOK_EDIT)
    await confirm_identity(context, budgets, proof)
    return await rotate_secret(context, seal, id_)


async def enable_webhook(context: ServiceContext, id_: str) -> Webhook:
    """Send to it again; what happened meanwhile is not told. Raises `Forbidden`, `UnknownRow`."""
    await _find_own(context, id_, Permission.WEBHOOK_EDIT)
    return await context.ledger.webhooks.enable(id_, actor=context.actor.id)


async def disable_webhook(context: ServiceContext, id_: str) -> Webhook:
    """Send nothing more; what waits becomes dead letters. Raises `Forbidden`, `UnknownRow`."""
    await _find_own(context, id_, Permission.WEBHOOK_EDIT)
    return await context.ledger.webhooks.disable(id_, actor=context.actor.id)


async def remove_webhook(context: ServiceContext, id_: str) -> Webhook:
    """Remove it with its secrets, for good. Raises `Forbidden`, `UnknownRow`."""
    await _find_own(context, id_, Permission.WEBHOOK_EDIT)
    return await context.ledger.webhooks.remove(id_, actor=context.actor.id)


async def send_test(context: ServiceContext, id_: str, key: str | None = None) -> Notice:
    """Send a test message; the same `key` again is the same message.

    Raises `Forbidden`, `KeyRequired`, `UnknownRow`, `WebhookDisabled`, `WebhookTestsLimited`.
    """
    await _find_own(context, id_, Permission.WEBHOOK_EDIT)
    scoped = None if key is None else context.scope_key(key)
    return await context.ledger.notices.add_test(id_, actor=context.actor.id, key=scoped)


async def resend_notice(
    context: ServiceContext, id_: str, notice: str, key: str | None = None
) -> Notice:
    """Send a message again, with the same id; its three days begin again.

    The same `key` again changes nothing. Raises `Forbidden`, `KeyRequired`, `UnknownRow`,
    `WebhookDisabled`.
    """
    await _find_own(context, id_, Permission.WEBHOOK_EDIT)
    scoped = None if key is None else context.scope_key(key)
    return await context.ledger.notices.resend(id_, notice, actor=context.actor.id, key=scoped)


async def list_notices(
    context: ServiceContext, id_: str, state: NoticeState | None, request: PageRequest
) -> Page[Notice]:
    """Messages of a webhook, the newest first. Raises `Forbidden`, `UnknownRow`, `InvalidInput`."""
    await _find_own(context, id_, Permission.WEBHOOK_SEE)
    rows = await context.ledger.notices.find_page(
        id_, state=state, after=request.key(int, str), limit=request.limit + 1
    )
    return request.make_page(rows, lambda one: (one.made_at, one.id))


async def count_dead(context: ServiceContext, webhooks: Sequence[Webhook]) -> dict[str, int]:
    """Return the number of dead letters of each of the actor's webhooks. Raises `Forbidden`."""
    require_permission(context, Permission.WEBHOOK_SEE)
    return await context.ledger.notices.count_dead([one.id for one in webhooks])


def check_url(text: str) -> str:
    """The address of a receiver, in which nothing is wrong that can be seen in it.

    Whether its host leads to a public address is judged at each delivery. Raises `InvalidInput`.

    >>> check_url(" https://example.vn:8443/hook?a=1 ")
    'https://example.vn:8443/hook?a=1'
    """
    text = text.strip()
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port or _HTTPS_PORT
    except ValueError:
        host, port, parts = "", 0, urlsplit("")
    if not text.isascii() or not text.isprintable() or " " in text or len(text) > MAX_URL_LENGTH:
        host = ""
    if parts.scheme != "https" or not host or parts.username is not None or parts.fragment:
        why = "must be an address that begins with https://, without user name and fragment"
        raise InvalidInput(field="url", why=why, expected="https_url")
    is_usual_port = port == _HTTPS_PORT or port >= _LOWEST_PORT
    if not is_usual_port or not may_be_public(host):
        why = "must lead to a public host, at port 443 or one from 1024"
        raise InvalidInput(field="url", why=why, expected="public_url")
    return text


def _check_label(text: str) -> str:
    text = text.strip()
    if len(text) > MAX_LABEL_LENGTH:
        why = f"must have at most {MAX_LABEL_LENGTH} characters"
        raise InvalidInput(field="label", why=why)
    return text


def _check_events(events: Sequence[str], choices: Sequence[str]) -> tuple[str, ...]:
    wanted = tuple(name for name in EVENTS if name in events)
    foreign = [name for name in events if name not in choices]
    if foreign or not wanted:
        why = f"must be one or more of {', '.join(choices)}"
        raise InvalidInput(field="events", why=why, expected="webhook_events")
    return wanted


def _check_format(name: str | None, events: Sequence[str]) -> str | None:
    """The format of a portal, which is told of published records alone."""
    if not name:
        return None
    if name not in FORMATS:
        why = f"must be one of {', '.join(sorted(FORMATS))}"
        raise InvalidInput(field="format", why=why, expected="portal_format")
    if set(events) != {PORTAL_EVENT}:
        why = f"must be {PORTAL_EVENT} alone for a portal"
        raise InvalidInput(field="events", why=why, expected="portal_events")
    return name


async def _list_choices_to_edit(context: ServiceContext, organisation: str) -> list[str]:
    _require_own(context, organisation, Permission.WEBHOOK_EDIT)
    return list_events((await context.ledger.organisations.get(organisation)).kind)


async def _find_own(context: ServiceContext, id_: str, permission: Permission) -> Webhook:
    require_permission(context, permission)
    webhook = await context.ledger.webhooks.get(id_)
    if not _is_own(context, webhook.organisation):
        raise UnknownRow(kind="webhook", id=id_)
    return webhook


def _require_own(context: ServiceContext, organisation: str | None, permission: Permission) -> None:
    require_permission(context, permission)
    if not _is_own(context, organisation):
        raise Forbidden(role=context.actor.role, permission=permission)


def _is_own(context: ServiceContext, organisation: str | None) -> bool:
    actor = context.actor
    if actor.role in ("administrator", "operator", "demo"):
        return True
    return organisation is not None and actor.organisation == organisation


def _make_id(context: ServiceContext, key: str | None) -> str:
    """The id of a webhook: from the idempotency key where there is one, else at random."""
    if key is None:
        return f"wh_{secrets.token_hex(_ID_BYTES)}"
    digest = hashlib.sha256(f"veritem webhook\0{context.scope_key(key)}".encode()).hexdigest()
    return f"wh_{digest[: 2 * _ID_BYTES]}"


def _make_secret() -> str:
    """A secret as Standard Webhooks writes it: `whsec_` and base64 of 32 random bytes."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()}"
