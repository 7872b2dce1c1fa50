"""What PostgreSQL enforces of "two people": triggers on proposals, orders, recalls and accounts.

SQLite has no roles: whoever writes the file can drop a trigger, so there the use cases enforce it
alone. The functions read `staff` with their owner's rights, since the issuer's role may not.
"""

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
        RAISE EXCEPTION 'what was proposed can not be changed' USING ERRCODE = 'VT002';
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
