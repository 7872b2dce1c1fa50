"""Permissions: who may do what, and that duties are separated."""

import pytest

from ledger import ROLES
from ledger.accounts.account_rows import DEMO_ROLE
from ledger.trade_kinds import TRADE_KINDS
from services import Actor
from services.context import ServiceContext
from services.errors import Forbidden
from services.permissions import (
    GRANTS,
    STAFF_TRANSITIONS,
    TRANSITION_PERMISSIONS,
    Permission,
    has_permission,
    require_permission,
)
from stamps.lifecycle import Transition
from tests.services.office import Office

TRADE = set(TRADE_KINDS)
EXPECTED = {
    "order.see": {"packer", "authority", "issuer"},
    "order.request": {"packer", "issuer"},
    "order.decide": {"authority"},
    "quota.set": {"authority", "administrator"},
    "batch.see": {"print_house", "packer", "inspector", "authority", "issuer"},
    "batch.issue": {"issuer"},
    "balance.see": {"authority"},
    "figure.see": {"authority"},
    "figure.submit": {"authority"},
    "bundle.take": {"print_house", "issuer"},
    "print.report": {"print_house"},
    "print_key.edit": {"print_house", "administrator"},
    "webhook.see": {"print_house", "packer", "grower", "authority", "administrator"},
    "quality.see": {"packer", "print_house", "authority"} | TRADE,
    "data.export": {"packer", "print_house"} | TRADE,
    "webhook.edit": {"print_house", "packer", "grower", "authority", "administrator"},
    "link.see": {"packer", "authority", "administrator", *TRADE},
    "link.edit": {"packer", "administrator", *TRADE},
    "token.share": {"print_house", "packer", "authority", *TRADE},
    "lot.see": {"packer", "grower", "inspector", "authority", "issuer"},
    "lot.put": {"packer"},
    "lot.confirm": {"packer", "authority"},
    "lot.submit": {"packer"},
    "lot.review": {"authority"},
    "review_rule.set": {"authority"},
    "product_list.see": {"authority", "inspector", "administrator"},
    "product_list.edit": {"authority"},
    "stamp.see": {"packer", "inspector", "authority", "issuer"},
    "event.see": {"packer", "inspector", "authority", *TRADE},
    "event.record": {"packer", *TRADE},
    "carton.see": {"packer", "inspector", "authority"},
    "carton.pack": {"packer"},
    "alert.see": {"inspector", "authority"},
    "alert.decide": {"inspector"},
    "detection.see": {"inspector", "authority", "administrator"},
    "detection.review": {"inspector", "authority", "administrator"},
    "report.see": {"inspector", "authority"},
    "report.handle": {"inspector"},
    "report.reveal": {"inspector"},
    "transition.print": set(),
    "transition.activate": {"packer"},
    "transition.deactivate": {"packer"},
    "transition.rebind": {"packer"},
    "transition.void": {"print_house", "packer"},
    "transition.suspend": {"inspector"},
    "transition.release": {"inspector"},
    "transition.recall": {"inspector", "authority"},
    "registry.see": {
        "print_house",
        "packer",
        "inspector",
        "authority",
        "issuer",
        "administrator",
    },
    "registry.edit": {"administrator"},
    "code.edit": {"authority", "administrator"},
    "code.suspend": {"inspector", "authority", "administrator"},
    "household.see": {"inspector", "authority", "administrator"},
    "evidence.see": {"grower", "packer", "inspector", "authority"},
    "evidence.attach": {"grower", "packer", "inspector", "authority"},
    "evidence.release": {"authority"},
    "evidence.erase": {"authority"},
    "account.see": {"administrator"},
    "account.manage": {"administrator"},
    "audit.see": {"administrator"},
    "keys.manage": {"administrator"},
    "restore.accept": {"administrator"},
    "device.enrol": {"inspector", "authority"},
    "field.check": {"inspector"},
    "hearing.see": {"packer", "grower", "inspector", "authority"},
    "hearing.answer": {"packer", "grower"},
    "actor.invite": {"packer", "grower", "authority"},
    "mail.see": {"administrator"},
    "mail.resend": {"administrator"},
}
"""The table a second time, by permission: a slip in one shows against the other."""


def test_each_permission_is_granted_to_the_expected_roles_alone() -> None:
    assert set(GRANTS) == {*ROLES, DEMO_ROLE, "operator"}
    assert set(EXPECTED) == set(Permission)
    for permission in Permission:
        granted = {role for role in ROLES if permission in GRANTS[role]}
        assert granted == EXPECTED[permission], permission


def test_the_operator_only_reads_and_a_demo_account_does_everything() -> None:
    operator = Actor.operator("root")
    reads = {one for one in Permission if has_permission(operator, one)}
    assert all(permission.endswith(".see") for permission in reads)
    assert GRANTS["demo"] == set(Permission)
    assert not {"operator", "demo"} & set(ROLES)


def test_an_account_that_nobody_confirmed_has_no_permission() -> None:
    waiting = Actor("an", "authority", is_confirmed=False)
    assert not any(has_permission(waiting, permission) for permission in Permission)


@pytest.mark.parametrize("role", ROLES)
def test_duties_are_separated(role: str) -> None:
    granted = GRANTS[role]  # type: ignore[index] # a role by its name
    for duties in (
        {Permission.ORDER_REQUEST, Permission.ORDER_DECIDE},
        {Permission.ORDER_DECIDE, Permission.BATCH_ISSUE},
        {Permission.BATCH_ISSUE, Permission.ACTIVATE},
        {Permission.PRINT_REPORT, Permission.ACTIVATE},
        {Permission.ACTIVATE, Permission.ALERT_DECIDE},
    ):
        assert not duties <= granted, role


def test_every_transition_but_a_claim_has_a_permission() -> None:
    assert set(TRANSITION_PERMISSIONS) == set(Transition) - {Transition.CLAIM}
    alone = set(TRANSITION_PERMISSIONS) - {Transition.PRINT, Transition.RECALL}
    assert set(STAFF_TRANSITIONS) == alone


def test_one_of_several_permissions_is_enough(office: Office) -> None:
    packer: ServiceContext = office.context("packer")
    require_permission(packer, Permission.ALERT_SEE, Permission.LOT_SEE)
    with pytest.raises(Forbidden) as refused:
        require_permission(packer, Permission.ALERT_SEE, Permission.RECALL)
    assert refused.value.evidence == {
        "role": "packer",
        "permission": "alert.see or transition.recall",
    }
