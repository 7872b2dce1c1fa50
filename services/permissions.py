"""Permissions: one table of role × permission, and the permission of each transition.

A permission says what an actor may do. On which orders, batches and lots it may do so is decided
by `services.scope`.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from ledger.trade_kinds import TRADE_KINDS
from services.context import Actor, ActorRole, ServiceContext
from services.errors import Forbidden, NotConfirmed, TokenLimited
from stamps.lifecycle import Transition


class Permission(StrEnum):
    """One thing that an actor may do."""

    ORDER_SEE = "order.see"
    ORDER_REQUEST = "order.request"
    ORDER_DECIDE = "order.decide"
    QUOTA_SET = "quota.set"
    BATCH_SEE = "batch.see"
    BATCH_ISSUE = "batch.issue"
    BALANCE_SEE = "balance.see"
    FIGURE_SEE = "figure.see"
    FIGURE_SUBMIT = "figure.submit"
    BUNDLE_TAKE = "bundle.take"
    PRINT_REPORT = "print.report"
    PRINT_KEY_EDIT = "print_key.edit"
    WEBHOOK_SEE = "webhook.see"
    WEBHOOK_EDIT = "webhook.edit"
    LINK_SEE = "link.see"
    LINK_EDIT = "link.edit"
    DATA_EXPORT = "data.export"
    QUALITY_SEE = "quality.see"
    TOKEN_SHARE = "token.share"  # noqa: S105 - the name of a permission
    MAIL_SEE = "mail.see"
    MAIL_RESEND = "mail.resend"
    LOT_SEE = "lot.see"
    LOT_PUT = "lot.put"
    LOT_CONFIRM = "lot.confirm"
    LOT_SUBMIT = "lot.submit"
    LOT_REVIEW = "lot.review"
    REVIEW_RULE_SET = "review_rule.set"
    PRODUCT_LIST_SEE = "product_list.see"
    PRODUCT_LIST_EDIT = "product_list.edit"
    STAMP_SEE = "stamp.see"
    EVENT_SEE = "event.see"
    EVENT_RECORD = "event.record"
    CARTON_SEE = "carton.see"
    CARTON_PACK = "carton.pack"
    ALERT_SEE = "alert.see"
    ALERT_DECIDE = "alert.decide"
    DETECTION_SEE = "detection.see"
    DETECTION_REVIEW = "detection.review"
    HEARING_SEE = "hearing.see"
    HEARING_ANSWER = "hearing.answer"
    REPORT_SEE = "report.see"
    REPORT_HANDLE = "report.handle"
    REPORT_REVEAL = "report.reveal"
    PRINT = "transition.print"
    ACTIVATE = "transition.activate"
    DEACTIVATE = "transition.deactivate"
    REBIND = "transition.rebind"
    VOID = "transition.void"
    SUSPEND = "transition.suspend"
    RELEASE = "transition.release"
    RECALL = "transition.recall"
    REGISTRY_SEE = "registry.see"
    REGISTRY_EDIT = "registry.edit"
    CODE_EDIT = "code.edit"
    CODE_SUSPEND = "code.suspend"
    HOUSEHOLD_SEE = "household.see"
    EVIDENCE_SEE = "evidence.see"
    EVIDENCE_ATTACH = "evidence.attach"
    EVIDENCE_RELEASE = "evidence.release"
    EVIDENCE_ERASE = "evidence.erase"
    ACTOR_INVITE = "actor.invite"
    ACCOUNT_SEE = "account.see"
    ACCOUNT_MANAGE = "account.manage"
    AUDIT_SEE = "audit.see"
    DEVICE_ENROL = "device.enrol"
    FIELD_CHECK = "field.check"
    KEYS_MANAGE = "keys.manage"
    RESTORE_ACCEPT = "restore.accept"


_P = Permission

_TRADE: Final = frozenset(
    {
        _P.EVENT_SEE,
        _P.EVENT_RECORD,
        _P.LINK_SEE,
        _P.LINK_EDIT,
        _P.TOKEN_SHARE,
        _P.DATA_EXPORT,
        _P.QUALITY_SEE,
    }
)
"""What every actor of the trade may do: tell its own part of the record, link its own GS1 keys."""
_SITES: Final = frozenset({_P.EVIDENCE_SEE, _P.EVIDENCE_ATTACH})
"""What the organisation of a registered code may do with evidence of it."""

GRANTS: Final[Mapping[ActorRole, frozenset[Permission]]] = {
    "print_house": frozenset(
        {
            _P.BATCH_SEE,
            _P.BUNDLE_TAKE,
            _P.PRINT_REPORT,
            _P.PRINT_KEY_EDIT,
            _P.WEBHOOK_SEE,
            _P.WEBHOOK_EDIT,
            _P.TOKEN_SHARE,
            _P.DATA_EXPORT,
            _P.QUALITY_SEE,
            _P.VOID,
            _P.REGISTRY_SEE,
        }
    ),
    "packer": _SITES
    | frozenset(
        {
            _P.ORDER_SEE,
            _P.ORDER_REQUEST,
            _P.BATCH_SEE,
            _P.STAMP_SEE,
            _P.LOT_SEE,
            _P.LOT_PUT,
            _P.LOT_CONFIRM,
            _P.LOT_SUBMIT,
            _P.EVENT_SEE,
            _P.EVENT_RECORD,
            _P.CARTON_SEE,
            _P.CARTON_PACK,
            _P.ACTIVATE,
            _P.DEACTIVATE,
            _P.REBIND,
            _P.VOID,
            _P.HEARING_SEE,
            _P.HEARING_ANSWER,
            _P.ACTOR_INVITE,
            _P.WEBHOOK_SEE,
            _P.WEBHOOK_EDIT,
            _P.LINK_SEE,
            _P.LINK_EDIT,
            _P.TOKEN_SHARE,
            _P.DATA_EXPORT,
            _P.QUALITY_SEE,
            _P.REGISTRY_SEE,
        }
    ),
    **dict.fromkeys(TRADE_KINDS, _TRADE),
    "grower": _TRADE
    | _SITES
    | {
        _P.LOT_SEE,
        _P.HEARING_SEE,
        _P.HEARING_ANSWER,
        _P.ACTOR_INVITE,
        _P.WEBHOOK_SEE,
        _P.WEBHOOK_EDIT,
    },
    "inspector": _SITES
    | frozenset(
        {
            _P.BATCH_SEE,
            _P.LOT_SEE,
            _P.PRODUCT_LIST_SEE,
            _P.STAMP_SEE,
            _P.EVENT_SEE,
            _P.CARTON_SEE,
            _P.ALERT_SEE,
            _P.ALERT_DECIDE,
            _P.DETECTION_SEE,
            _P.DETECTION_REVIEW,
            _P.HEARING_SEE,
            _P.REPORT_SEE,
            _P.REPORT_HANDLE,
            _P.REPORT_REVEAL,
            _P.SUSPEND,
            _P.RELEASE,
            _P.RECALL,
            _P.REGISTRY_SEE,
            _P.CODE_SUSPEND,
            _P.HOUSEHOLD_SEE,
            _P.DEVICE_ENROL,
            _P.FIELD_CHECK,
        }
    ),
    "authority": _SITES
    | frozenset(
        {
            _P.EVIDENCE_RELEASE,
            _P.EVIDENCE_ERASE,
            _P.ORDER_SEE,
            _P.ORDER_DECIDE,
            _P.QUOTA_SET,
            _P.BATCH_SEE,
            _P.BALANCE_SEE,
            _P.FIGURE_SEE,
            _P.FIGURE_SUBMIT,
            _P.QUALITY_SEE,
            _P.LOT_SEE,
            _P.LOT_CONFIRM,
            _P.LOT_REVIEW,
            _P.REVIEW_RULE_SET,
            _P.PRODUCT_LIST_SEE,
            _P.PRODUCT_LIST_EDIT,
            _P.STAMP_SEE,
            _P.EVENT_SEE,
            _P.CARTON_SEE,
            _P.ALERT_SEE,
            _P.DETECTION_SEE,
            _P.DETECTION_REVIEW,
            _P.HEARING_SEE,
            _P.REPORT_SEE,
            _P.RECALL,
            _P.WEBHOOK_SEE,
            _P.WEBHOOK_EDIT,
            _P.LINK_SEE,
            _P.TOKEN_SHARE,
            _P.REGISTRY_SEE,
            _P.CODE_EDIT,
            _P.CODE_SUSPEND,
            _P.HOUSEHOLD_SEE,
            _P.DEVICE_ENROL,
            _P.ACTOR_INVITE,
        }
    ),
    "issuer": frozenset(
        {
            _P.ORDER_SEE,
            _P.ORDER_REQUEST,
            _P.BATCH_SEE,
            _P.BATCH_ISSUE,
            _P.BUNDLE_TAKE,
            _P.LOT_SEE,
            _P.STAMP_SEE,
            _P.REGISTRY_SEE,
        }
    ),
    "administrator": frozenset(
        {
            _P.QUOTA_SET,
            _P.REGISTRY_SEE,
            _P.PRODUCT_LIST_SEE,
            _P.CODE_EDIT,
            _P.CODE_SUSPEND,
            _P.HOUSEHOLD_SEE,
            _P.REGISTRY_EDIT,
            _P.PRINT_KEY_EDIT,
            _P.LINK_SEE,
            _P.LINK_EDIT,
            _P.WEBHOOK_SEE,
            _P.WEBHOOK_EDIT,
            _P.DETECTION_SEE,
            _P.DETECTION_REVIEW,
            _P.MAIL_SEE,
            _P.MAIL_RESEND,
            _P.ACCOUNT_SEE,
            _P.ACCOUNT_MANAGE,
            _P.AUDIT_SEE,
            _P.KEYS_MANAGE,
            _P.RESTORE_ACCEPT,
        }
    ),
    "demo": frozenset(Permission),
    "operator": frozenset(
        {
            _P.ORDER_SEE,
            _P.BATCH_SEE,
            _P.BALANCE_SEE,
            _P.FIGURE_SEE,
            _P.QUALITY_SEE,
            _P.LOT_SEE,
            _P.STAMP_SEE,
            _P.EVENT_SEE,
            _P.CARTON_SEE,
            _P.ALERT_SEE,
            _P.DETECTION_SEE,
            _P.HEARING_SEE,
            _P.REPORT_SEE,
            _P.REGISTRY_SEE,
            _P.PRODUCT_LIST_SEE,
            _P.LINK_SEE,
            _P.WEBHOOK_SEE,
            _P.HOUSEHOLD_SEE,
            _P.EVIDENCE_SEE,
            _P.MAIL_SEE,
            _P.ACCOUNT_SEE,
            _P.AUDIT_SEE,
        }
    ),
}
"""Permissions of each role. Separation of duties: roles that request stamps do not approve them,
and the role that issues them neither activates nor judges. The operator, who is signed in to no
account, only reads."""

TOKEN_PERMISSIONS: Final = frozenset(
    {
        _P.ORDER_SEE,
        _P.BATCH_SEE,
        _P.BALANCE_SEE,
        _P.BUNDLE_TAKE,
        _P.PRINT_REPORT,
        _P.LINK_SEE,
        _P.LINK_EDIT,
        _P.WEBHOOK_SEE,
        _P.LOT_SEE,
        _P.LOT_PUT,
        _P.LOT_SUBMIT,
        _P.STAMP_SEE,
        _P.EVENT_SEE,
        _P.EVENT_RECORD,
        _P.CARTON_SEE,
        _P.CARTON_PACK,
        _P.ALERT_SEE,
        _P.REPORT_SEE,
        _P.ACTIVATE,
        _P.DEACTIVATE,
        _P.REBIND,
        _P.VOID,
        _P.REGISTRY_SEE,
        _P.EVIDENCE_SEE,
        _P.EVIDENCE_ATTACH,
    }
)
"""What a token of an organisation may be given. Nobody stands behind such a token, so it orders,
decides, confirms and issues nothing, and reads no personal data."""

TRANSITION_PERMISSIONS: Final[Mapping[Transition, Permission]] = {
    Transition.PRINT: _P.PRINT,
    Transition.ACTIVATE: _P.ACTIVATE,
    Transition.DEACTIVATE: _P.DEACTIVATE,
    Transition.REBIND: _P.REBIND,
    Transition.VOID: _P.VOID,
    Transition.SUSPEND: _P.SUSPEND,
    Transition.RELEASE: _P.RELEASE,
    Transition.RECALL: _P.RECALL,
}
"""The permission of each transition. `claim` is absent: only consumers claim."""

PROPOSED_TRANSITIONS: Final = frozenset({Transition.RECALL})
"""The transitions that one person proposes and another decides."""

STAFF_TRANSITIONS: Final[tuple[Transition, ...]] = tuple(
    transition
    for transition, permission in TRANSITION_PERMISSIONS.items()
    if transition not in PROPOSED_TRANSITIONS
    and any(permission in granted for role, granted in GRANTS.items() if role != "demo")
)
"""The transitions that some role of staff may make alone; staff record prints by print reports."""


def has_permission(actor: Actor, permission: Permission) -> bool:
    """Whether the actor's account is confirmed, and its role and its token have the permission."""
    is_in_scope = actor.scopes is None or permission in actor.scopes
    return actor.is_confirmed and is_in_scope and permission in GRANTS[actor.role]


def list_permissions(actor: Actor) -> list[Permission]:
    """Return the actor's permissions by name."""
    return sorted(one for one in GRANTS[actor.role] if has_permission(actor, one))


def require_permission(context: ServiceContext, *permissions: Permission) -> None:
    """Raise `Forbidden` unless the actor has at least one of `permissions`.

    An account that waits for its confirmation has none: `NotConfirmed`.
    """
    actor = context.actor
    if not actor.is_confirmed:
        raise NotConfirmed(account=actor.id)
    if not any(has_permission(actor, permission) for permission in permissions):
        raise Forbidden(role=actor.role, permission=" or ".join(permissions))


def require_whole_account(context: ServiceContext) -> None:
    """Raise `TokenLimited` for a token that has some of its account's permissions only.

    Such a token changes nothing of the account: neither its tokens nor its sessions.
    """
    if context.actor.scopes is not None:
        raise TokenLimited


def list_shareable(actor: Actor) -> list[Permission]:
    """Return the permissions that the actor may give to a token of its organisation, by name."""
    return [one for one in list_permissions(actor) if one in TOKEN_PERMISSIONS]


def list_reading(actor: Actor) -> list[Permission]:
    """Return the actor's permissions that change nothing, by name."""
    return [one for one in list_permissions(actor) if one.endswith(".see")]


def render_table() -> str:
    """The table as Markdown, as docs/desk.md shows it; roles with the same share a column."""
    columns: dict[frozenset[Permission], list[str]] = {}
    for role, granted in GRANTS.items():
        columns.setdefault(granted, []).append(role)
    names = [", ".join(roles) for roles in columns.values()]
    lines = ["| permission | " + " | ".join(names) + " |", "|---|" + "---|" * len(names)]
    for permission in Permission:
        cells = ["yes" if permission in granted else "" for granted in columns]
        lines.append(f"| `{permission}` | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
