"""PostgreSQL's enforcement of two people: triggers on proposals, orders, recalls and accounts.

SQLite has no roles: whoever writes the file can drop a trigger, so there the use cases enforce it
alone. The functions read `staff` with their owner's rights, since the issuer's role may not.
"""

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa
from alembic import op

_ACCOUNTS: Final = """
CREATE FUNCTION veritem_is_deciding_account(account text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM staff WHERE id = account AND NOT disabled
            AND (added_by IS NULL OR confirmed_by IS NOT NULL)
    )
$$
"""

_ENABLED_ORGANISATIONS: Final = """
CREATE OR REPLACE FUNCTION veritem_is_deciding_account(account text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM staff LEFT JOIN organisations ON organisations.id = staff.organisation
        WHERE staff.id = account AND NOT staff.disabled AND organisations.disabled_at IS NULL
            AND (staff.added_by IS NULL OR staff.confirmed_by IS NOT NULL)
    )
$$
"""

_NO_TRADE_ROLES: Final = """
CREATE OR REPLACE FUNCTION veritem_is_deciding_account(account text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM staff LEFT JOIN organisations ON organisations.id = staff.organisation
        WHERE staff.id = account AND NOT staff.disabled AND organisations.disabled_at IS NULL
            AND (staff.added_by IS NULL OR staff.confirmed_by IS NOT NULL)
            AND staff.role NOT IN ({roles})
    )
$$
"""

_PROPOSALS: Final = """
CREATE FUNCTION veritem_guard_proposal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    decision text[] := ARRAY[
        'state', 'decided_by', 'decided_at', 'decided_system_user', 'used_at'
    ];
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'proposals are never removed' USING ERRCODE = 'VT002';
    END IF;
    IF NOT veritem_is_deciding_account(NEW.requested_by) THEN
        RAISE EXCEPTION '% is no enabled and confirmed account', NEW.requested_by
            USING ERRCODE = 'VT002';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'open' OR NEW.decided_by IS NOT NULL OR NEW.used_at IS NOT NULL THEN
            RAISE EXCEPTION 'a proposal begins open' USING ERRCODE = 'VT002';
        END IF;
        RETURN NEW;
    END IF;
    IF to_jsonb(NEW) - decision <> to_jsonb(OLD) - decision THEN
        RAISE EXCEPTION 'what was proposed cannot be changed' USING ERRCODE = 'VT002';
    END IF;
    IF NEW.state <> OLD.state THEN
        IF OLD.state <> 'open' THEN
            RAISE EXCEPTION 'proposal % is %', OLD.id, OLD.state USING ERRCODE = 'VT002';
        END IF;
        IF NEW.state <> 'withdrawn' AND NOT veritem_is_deciding_account(NEW.decided_by) THEN
            RAISE EXCEPTION '% is no enabled and confirmed account', NEW.decided_by
                USING ERRCODE = 'VT002';
        END IF;
    ELSIF OLD.state <> 'open' AND to_jsonb(NEW) - 'used_at'::text <> to_jsonb(OLD) - 'used_at'::text
        OR OLD.used_at IS NOT NULL AND NEW.used_at IS DISTINCT FROM OLD.used_at THEN
        RAISE EXCEPTION 'proposal % was decided', OLD.id USING ERRCODE = 'VT002';
    END IF;
    RETURN NEW;
END $$
"""


_ORDERS: Final = """
CREATE FUNCTION veritem_guard_order_accounts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.decided_by IS NULL OR NEW.decided_by = NEW.requested_by
        OR NOT veritem_is_deciding_account(NEW.decided_by)
        OR NEW.state = 'approved' AND NOT veritem_is_deciding_account(NEW.requested_by) THEN
        RAISE EXCEPTION 'order % needs a decision of a second enabled and confirmed account',
            NEW.id USING ERRCODE = 'VT002';
    END IF;
    RETURN NEW;
END $$
"""

RECALLS: Final = """
CREATE OR REPLACE FUNCTION veritem_guard_recall() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
DECLARE
    number bigint := substring(NEW.key FROM '^proposal:([0-9]{{1,18}})$')::bigint;
    asked jsonb := (
        SELECT document::jsonb FROM proposals WHERE id = number AND kind = 'recall'
            AND state = 'approved' AND used_at IS NULL
    );
BEGIN
    IF asked IS NULL THEN
        RAISE EXCEPTION 'a recall names a proposal that a second account approved'
            USING ERRCODE = 'VT002';
    END IF;
    IF NOT (
        (asked ->> 'batch')::integer IS NOT DISTINCT FROM NEW.batch
        OR EXISTS (
            SELECT FROM jsonb_array_elements(asked -> 'ranges') AS one
            WHERE (one ->> 0)::integer = NEW.batch
                AND (one ->> 1)::integer <= NEW.lo AND NEW.hi <= (one ->> 2)::integer
        )
        OR EXISTS (
            SELECT FROM spans WHERE batch = NEW.batch AND lo <= NEW.lo AND NEW.hi <= hi
                AND (lot = asked ->> 'lot' OR asked -> 'lots' ? lot)
        )
    ) THEN
        RAISE EXCEPTION 'proposal % is not about these stamps', number USING ERRCODE = 'VT002';
    END IF;
    RETURN NULL;
END $$
"""

_STAFF: Final = """
CREATE FUNCTION veritem_guard_account() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    owner name := (
        SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID
    );
BEGIN
    IF NEW.id !~ '^[a-z0-9]([a-z0-9.-]{0,38}[a-z0-9])?$' THEN
        RAISE EXCEPTION 'an account has a name of a-z 0-9 . -' USING ERRCODE = 'VT002';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF (NEW.added_by IS NULL OR NEW.confirmed_by IS NOT NULL)
            AND NOT pg_has_role(current_user, owner, 'MEMBER') THEN
            RAISE EXCEPTION 'an account waits for its confirmation' USING ERRCODE = 'VT002';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.id <> OLD.id THEN
        RAISE EXCEPTION 'an account keeps its name' USING ERRCODE = 'VT002';
    END IF;
    IF (OLD.disabled AND NOT NEW.disabled
            OR NEW.role <> OLD.role
            OR NEW.organisation IS DISTINCT FROM OLD.organisation
            OR NEW.added_by IS NULL AND OLD.added_by IS NOT NULL
            OR NEW.confirmed_by IS DISTINCT FROM OLD.confirmed_by
                AND NEW.confirmed_by IS NOT NULL)
        AND NOT EXISTS (
            SELECT FROM proposals
            WHERE kind = 'role.grant' AND state = 'approved' AND used_at IS NULL
                AND subject = 'account:' || NEW.id
                AND decided_by = NEW.confirmed_by AND NEW.id <> decided_by
                AND document::jsonb ->> 'role' = NEW.role
                AND document::jsonb ->> 'organisation' IS NOT DISTINCT FROM NEW.organisation
        ) THEN
        RAISE EXCEPTION 'the role of an account needs a proposal that a second account approved'
            USING ERRCODE = 'VT002';
    END IF;
    RETURN NEW;
END $$
"""

_INVITED_STAFF: Final = """
CREATE OR REPLACE FUNCTION veritem_guard_account() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    owner name := (
        SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID
    );
BEGIN
    IF NEW.id !~ '^[a-z0-9]([a-z0-9.-]{0,38}[a-z0-9])?$' THEN
        RAISE EXCEPTION 'an account has a name of a-z 0-9 . -' USING ERRCODE = 'VT002';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF (NEW.added_by IS NULL OR NEW.confirmed_by IS NOT NULL)
            AND NOT pg_has_role(current_user, owner, 'MEMBER')
            AND NOT EXISTS (
                SELECT FROM actor_invitations
                WHERE state = 'accepted' AND account = NEW.id AND kind = NEW.role
                    AND organisation = NEW.organisation AND invited_by = NEW.confirmed_by
                    AND NEW.added_by IS NOT NULL AND NEW.id <> invited_by
            ) THEN
            RAISE EXCEPTION 'an account waits for its confirmation' USING ERRCODE = 'VT002';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.id <> OLD.id THEN
        RAISE EXCEPTION 'an account keeps its name' USING ERRCODE = 'VT002';
    END IF;
    IF (OLD.disabled AND NOT NEW.disabled
            OR NEW.role <> OLD.role
            OR NEW.organisation IS DISTINCT FROM OLD.organisation
            OR NEW.added_by IS NULL AND OLD.added_by IS NOT NULL
            OR NEW.confirmed_by IS DISTINCT FROM OLD.confirmed_by
                AND NEW.confirmed_by IS NOT NULL)
        AND NOT EXISTS (
            SELECT FROM proposals
            WHERE kind = 'role.grant' AND state = 'approved' AND used_at IS NULL
                AND subject = 'account:' || NEW.id
                AND decided_by = NEW.confirmed_by AND NEW.id <> decided_by
                AND document::jsonb ->> 'role' = NEW.role
                AND document::jsonb ->> 'organisation' IS NOT DISTINCT FROM NEW.organisation
        ) THEN
        RAISE EXCEPTION 'the role of an account needs a proposal that a second account approved'
            USING ERRCODE = 'VT002';
    END IF;
    RETURN NEW;
END $$
"""


def require_two_people() -> None:
    """Make the functions and triggers (PostgreSQL)."""
    bind = op.get_bind()
    schema = bind.dialect.identifier_preparer.quote(bind.scalar(sa.text("SELECT current_schema")))
    op.execute(_ACCOUNTS.format(schema=schema))
    op.execute(_PROPOSALS)
    op.execute(
        "CREATE TRIGGER proposals_two_people BEFORE INSERT OR UPDATE OR DELETE ON proposals "
        "FOR EACH ROW EXECUTE FUNCTION veritem_guard_proposal()"
    )
    op.execute(_ORDERS)
    op.execute(
        "CREATE TRIGGER orders_two_people BEFORE UPDATE ON orders FOR EACH ROW "
        "WHEN (OLD.state = 'requested' AND NEW.state <> 'requested') "
        "EXECUTE FUNCTION veritem_guard_order_accounts()"
    )
    op.execute(RECALLS.format(schema=schema))
    op.execute(
        # After the row, so that row-level security refuses a role before.
        "CREATE TRIGGER transitions_two_people AFTER INSERT ON transitions "
        "FOR EACH ROW WHEN (NEW.transition = 'recall') EXECUTE FUNCTION veritem_guard_recall()"
    )
    op.execute(_STAFF)
    op.execute(
        "CREATE TRIGGER staff_two_people BEFORE INSERT OR UPDATE ON staff "
        "FOR EACH ROW EXECUTE FUNCTION veritem_guard_account()"
    )


def require_enabled_organisations() -> None:
    """Let no account of a disabled organisation decide (PostgreSQL)."""
    bind = op.get_bind()
    schema = bind.dialect.identifier_preparer.quote(bind.scalar(sa.text("SELECT current_schema")))
    op.execute(_ENABLED_ORGANISATIONS.format(schema=schema))


def let_invited_actors_in(roles: Sequence[str]) -> None:
    """Let an accepted invitation add an account, whose role decides nothing (PostgreSQL)."""
    bind = op.get_bind()
    schema = bind.dialect.identifier_preparer.quote(bind.scalar(sa.text("SELECT current_schema")))
    names = ", ".join(f"'{role}'" for role in roles)
    op.execute(_NO_TRADE_ROLES.format(schema=schema, roles=names))
    op.execute(_INVITED_STAFF)
