"""Kinds of e-mail notices: who may be told what, and how it is told unless they choose.

An account is told of an event only if its role has a permission of the kind and the event is in its
scope, so nobody gets by mail what the desk would not show.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ledger.notices.mail_addresses import MailAddress, MailMode
from ledger.notices.mail_waiting import MailAccount, Told
from ledger.notices.notice_events import AlertRaised, NoticeEvent, ProposalOpened
from services import scope
from services.context import Actor, limit_province
from services.permissions import GRANTS, Permission
from services.proposals.proposal_kinds import KINDS as PROPOSAL_KINDS

TASKS: Final = "tasks"
"""The kind of what waits at home: in the digest or not at all."""

IsFor = Callable[[NoticeEvent, Actor, MailAddress], bool]


@dataclass(frozen=True, slots=True)
class MailKind:
    """One kind of notices."""

    name: str
    permissions: tuple[Permission, ...]
    """Any one of these."""
    events: tuple[str, ...]
    default: MailMode
    is_for: IsFor


def _is_party(event: NoticeEvent, actor: Actor, _: MailAddress) -> bool:
    return scope.is_party(actor, event.packers, event.print_houses, event.provinces)


def _is_undecided(event: NoticeEvent, actor: Actor, address: MailAddress) -> bool:
    return event.asked_by != actor.id and _is_party(event, actor, address)


def _is_own_order(event: NoticeEvent, actor: Actor, _: MailAddress) -> bool:
    return event.asked_by == actor.id or actor.organisation in event.packers


def _is_decidable(event: NoticeEvent, actor: Actor, address: MailAddress) -> bool:
    if not isinstance(event.data, ProposalOpened) or event.asked_by == actor.id:
        return False
    kind = PROPOSAL_KINDS.get(event.data.kind)
    if kind is None or kind.decide not in GRANTS[actor.role]:
        return False
    return kind.check_scope is None or _is_party(event, actor, address)


def _is_alert(event: NoticeEvent, _: Actor, address: MailAddress) -> bool:
    data = event.data
    return isinstance(data, AlertRaised) and data.kind != "campaign" and data.level == address.level


def _is_campaign(event: NoticeEvent, _: Actor, __: MailAddress) -> bool:
    data = event.data
    return isinstance(data, AlertRaised) and data.kind == "campaign" and data.level == "any"


def _is_own_case(event: NoticeEvent, actor: Actor, _: MailAddress) -> bool:
    return event.asked_by == actor.id


def _is_own_webhook(event: NoticeEvent, actor: Actor, _: MailAddress) -> bool:
    return actor.role in ("administrator", "demo") or actor.organisation in event.packers


def _is_recalled(event: NoticeEvent, actor: Actor, address: MailAddress) -> bool:
    return actor.organisation in event.growers or _is_party(event, actor, address)


def _is_named(event: NoticeEvent, actor: Actor, _: MailAddress) -> bool:
    return actor.organisation in event.packers


def _is_everybody(_: NoticeEvent, __: Actor, ___: MailAddress) -> bool:
    return True


_P = Permission

KINDS: Final[Mapping[str, MailKind]] = {
    kind.name: kind
    for kind in (
        MailKind(
            "order_to_decide", (_P.ORDER_DECIDE,), ("order.requested",), "at_once", _is_undecided
        ),
        MailKind(
            "order_decided", (_P.ORDER_REQUEST,), ("order.decided",), "at_once", _is_own_order
        ),
        MailKind("batch_assigned", (_P.PRINT_REPORT,), ("batch.issued",), "at_once", _is_party),
        MailKind("bundle_ready", (_P.PRINT_REPORT,), ("bundle.ready",), "at_once", _is_party),
        MailKind(
            "approval_waiting",
            tuple(dict.fromkeys(kind.decide for kind in PROPOSAL_KINDS.values())),
            ("proposal.opened",),
            "at_once",
            _is_decidable,
        ),
        MailKind("alert", (_P.ALERT_SEE,), ("alert.raised",), "at_once", _is_alert),
        MailKind("campaign", (_P.ALERT_SEE,), ("alert.raised",), "at_once", _is_campaign),
        MailKind(
            "recall", (_P.LOT_SEE, _P.BATCH_SEE), ("lot.recalled", "stamps.recalled"), "at_once",
            _is_recalled,
        ),
        MailKind(
            "lot_to_review", (_P.LOT_REVIEW,), ("lot.submitted",), "digest", _is_undecided
        ),
        MailKind(
            "lot_reviewed", (_P.LOT_SUBMIT,), ("lot.returned", "lot.published"), "at_once",
            _is_party,
        ),
        MailKind("hearing_asked", (_P.HEARING_ANSWER,), ("hearing.asked",), "at_once", _is_party),
        MailKind(
            "hearing_decided", (_P.HEARING_ANSWER,), ("hearing.decided",), "at_once", _is_party
        ),
        MailKind(
            "hearing_answered", (_P.ALERT_DECIDE,), ("hearing.answered",), "at_once", _is_own_case
        ),
        MailKind("mention", (_P.EVENT_RECORD,), ("mention.told",), "digest", _is_named),
        MailKind(
            "webhook_disabled", (_P.WEBHOOK_SEE,), ("webhook.disabled",), "at_once",
            _is_own_webhook,
        ),
        MailKind("push_failed", (_P.AUDIT_SEE,), ("heads.unpushed",), "at_once", _is_everybody),
    )
}  # fmt: skip
"""All kinds of events, by name, in the order of the form."""


def list_kinds(actor: Actor) -> list[str]:
    """The kinds that an account can be told of, by its role: those of events, then the tasks."""
    granted = GRANTS[actor.role]
    found = [kind.name for kind in KINDS.values() if not granted.isdisjoint(kind.permissions)]
    return [*found, TASKS]


def get_mode(choices: Mapping[str, MailMode], kind: str) -> MailMode:
    """How an account wants a kind: as it chose, else the kind's default."""
    default: MailMode = "digest" if kind == TASKS else KINDS[kind].default
    return choices.get(kind, default)


def list_modes(kind: str) -> tuple[MailMode, ...]:
    """How a kind can be wanted."""
    return ("digest", "never") if kind == TASKS else ("at_once", "digest", "never")


def make_actor(account: MailAccount) -> Actor:
    """The actor that an account is at the desk; only confirmed accounts are asked for."""
    province = limit_province(account.role, account.province)
    return Actor(account.id, account.role, account.organisation, province=province)  # type: ignore[arg-type]


def choose_told(event: NoticeEvent, accounts: Sequence[MailAccount]) -> Iterable[Told]:
    """Return the accounts that an event is mailed to, and how (`ledger.notices.mail_waiting`)."""
    kinds = [kind for kind in KINDS.values() if event.name in kind.events]
    for account in accounts if kinds else ():
        actor = make_actor(account)
        granted = GRANTS[actor.role]
        for kind in kinds:
            mode = get_mode(account.address.choices, kind.name)
            if mode == "never" or granted.isdisjoint(kind.permissions):
                continue
            if kind.is_for(event, actor, account.address):
                yield Told(account, kind.name, mode, event)
