"""The lists of administrators: people, organisations, places and the audit log.

The lists are as those of `ledger.lists.tables`; the same tests ask both engines for their plans.
"""

from typing import Final

from sqlalchemy import and_, case, func, or_, select

from ledger import schema
from ledger.accounts.account_rows import NO_PASSWORD
from ledger.lists.matchers import match_equal, match_one_of, match_since, match_until
from ledger.lists.query import Condition, ListTable

_CLOCK_MARGIN_MS: Final = 3_600_000
"""Writers wait for each other, so an entry may be so much older than the one before it."""
_LAST_NUMBER: Final = 2**62


def _make_staff() -> ListTable:
    staff, presence = schema.staff, schema.staff_sign_in
    organisations = schema.organisations
    is_invited = staff.c.password_hash == NO_PASSWORD
    is_confirmed = staff.c.added_by.is_(None) | staff.c.confirmed_by.is_not(None)
    states: dict[str, Condition] = {
        "disabled": staff.c.disabled,
        "invited": and_(~staff.c.disabled, is_invited),
        "active": and_(~staff.c.disabled, ~is_invited, is_confirmed),
        "unconfirmed": and_(~staff.c.disabled, ~is_invited, ~is_confirmed),
    }
    return ListTable(
        name="staff",
        base=staff,
        key=staff.c.id,
        sorts={"name": staff.c.name},
        matches={
            **{name: match_equal(staff.c[name]) for name in ("role", "organisation")},
            "state": lambda state: states[state],
            "ids": match_one_of(staff.c.id),
        },
        columns={
            **{name: staff.c[name] for name in ("id", "name", "role", "organisation", "disabled")},
            **{name: staff.c[name] for name in ("added_at", "added_by", "confirmed_by")},
            "has_otp": staff.c.otp_secret.is_not(None),
            "is_invited": is_invited,
            "state": case(*((states[name], name) for name in states), else_="unconfirmed"),
            "generation": presence.c.generation,
            "is_organisation_disabled": organisations.c.disabled_at.is_not(None),
        },
        joined=staff.join(presence, presence.c.staff == staff.c.id).outerjoin(
            organisations, organisations.c.id == staff.c.organisation
        ),
    )


def _make_organisations() -> ListTable:
    organisations = schema.organisations
    states: dict[str, Condition] = {
        "enabled": organisations.c.disabled_at.is_(None),
        "disabled": organisations.c.disabled_at.is_not(None),
    }
    return ListTable(
        name="organisations",
        base=organisations,
        key=organisations.c.id,
        sorts={"name": organisations.c.name},
        matches={
            "kind": match_equal(organisations.c.kind),
            "state": lambda state: states[state],
            "ids": match_one_of(organisations.c.id),
        },
        columns={
            **{column.name: column for column in organisations.c},
            "has_key": organisations.c.public_key.is_not(None),
            "state": case((states["disabled"], "disabled"), else_="enabled"),
        },
    )


def _make_places() -> ListTable:
    places = schema.places
    return ListTable(
        name="places",
        base=places,
        key=places.c.id,
        sorts={"name": places.c.name},
        matches={
            **{name: match_equal(places.c[name]) for name in ("kind", "organisation", "province")},
            "ids": match_one_of(places.c.id),
        },
        columns={column.name: column for column in places.c},
    )


def _make_audit() -> ListTable:
    audit = schema.audit

    def match_act(act: str) -> Condition:
        """Entries of an act; with a dot at its end, of all acts that begin so."""
        if not act.endswith("."):
            return audit.c.action == act
        # A range, because LIKE uses no index of a collation that is not "C".
        return and_(audit.c.action >= act, audit.c.action < act[:-1] + "/")

    def match_family(family: str) -> Condition:
        """Entries of a family of acts: `staff.add`, `staff.role` …; `transition` is an act too."""
        return or_(audit.c.action == family, match_act(f"{family}."))

    # Entries are nearly in the order of time, so a period is a range of numbers, found by two looks
    # into the index of times, and the time of each entry in it is compared exactly.
    numbers = select(audit.c.seq).limit(1)

    def match_since(at: int) -> Condition:
        before = numbers.where(audit.c.at < at - _CLOCK_MARGIN_MS)
        before = before.order_by(audit.c.at.desc(), audit.c.seq.desc())
        return and_(audit.c.seq > func.coalesce(before.scalar_subquery(), 0), audit.c.at >= at)

    def match_until(at: int) -> Condition:
        behind = numbers.where(audit.c.at >= at + _CLOCK_MARGIN_MS)
        behind = behind.order_by(audit.c.at, audit.c.seq)
        last = func.coalesce(behind.scalar_subquery(), _LAST_NUMBER)
        return and_(audit.c.seq < last, audit.c.at < at)

    return ListTable(
        name="audit",
        base=audit,
        key=audit.c.seq,
        sorts={"seq": audit.c.seq},
        matches={
            **{name: match_equal(audit.c[name]) for name in ("actor", "subject", "seq")},
            "action": match_act,
            "family": match_family,
            "since": match_since,
            "until": match_until,
        },
        columns={"id": audit.c.seq, **{column.name: column for column in audit.c}},
    )


def _make_actor_invitations() -> ListTable:
    invitations = schema.actor_invitations
    return ListTable(
        name="actor_invitations",
        base=invitations,
        key=invitations.c.id,
        sorts={"made_at": invitations.c.made_at},
        matches={
            **{
                name: match_equal(invitations.c[name])
                for name in ("inviter", "state", "kind", "account")
            },
            "ids": match_one_of(invitations.c.id),
            "since": match_since(invitations.c.made_at),
            "until": match_until(invitations.c.made_at),
        },
        columns={
            column.name: column
            for column in invitations.c
            if column.name not in ("sha256", "secret", "phone")
        },
    )


ACTOR_INVITATIONS: Final = _make_actor_invitations()
STAFF: Final = _make_staff()
ORGANISATIONS: Final = _make_organisations()
PLACES: Final = _make_places()
AUDIT: Final = _make_audit()
