"""Features of each engine beside tables: append-only triggers, daily partitions, change notices.

SQLite and PostgreSQL each need their own statements. The names of tables and columns come from the
migrations, never from input.
"""

# ruff: noqa: S608 - names in the SQL are the migrations' own

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

import sqlalchemy as sa
from alembic import op


def make_append_only(
    tables: Mapping[str, tuple[str, ...]], *, ignore_repeated: AbstractSet[str] = frozenset()
) -> None:
    """Refuse UPDATE, DELETE and TRUNCATE of these tables, given with their primary keys.

    Of the tables in `ignore_repeated`, SQLite ignores a row that is inserted again: scans are
    delivered more than once as a matter of course.
    """
    if op.get_bind().dialect.name == "sqlite":
        for table, key in tables.items():
            _guard_on_sqlite(table, key, ignore_repeated=table in ignore_repeated)
    else:
        _guard_on_postgresql(tables)


def _guard_on_sqlite(table: str, key: tuple[str, ...], *, ignore_repeated: bool) -> None:
    """Abort UPDATE, DELETE and REPLACE; REPLACE deletes without firing a delete trigger."""
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
    same = " AND ".join(f"{column} = NEW.{column}" for column in key)
    exists = f"EXISTS (SELECT 1 FROM {table} WHERE {same})"
    action = "IGNORE" if ignore_repeated else f"ABORT, '{table} is append-only'"
    op.execute(
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {exists} "
        f"BEGIN SELECT RAISE({action}); END"
    )


def _guard_on_postgresql(tables: Mapping[str, tuple[str, ...]]) -> None:
    op.execute(
        """
        CREATE OR REPLACE FUNCTION veritem_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'VT001';
        END $$
        """
    )
    for table in tables:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION veritem_append_only()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION veritem_append_only()"
        )


def partition_scans_by_day() -> None:
    """Make the function that creates the partition of a day (PostgreSQL).

    Its caller needs no right to create tables. Days are counted from the epoch, UTC. An old day is
    dropped by DROP TABLE of its partition.
    """
    bind = op.get_bind()
    schema = bind.dialect.identifier_preparer.quote(bind.scalar(sa.text("SELECT current_schema")))
    # It runs with its owner's rights: no schema of the caller may precede ours in the search path.
    op.execute(
        f"""
        CREATE FUNCTION veritem_scan_day(day integer) RETURNS void
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
        DECLARE
            name text := 'scans_' || to_char(date '1970-01-01' + day, 'YYYYMMDD');
        BEGIN
            PERFORM pg_advisory_xact_lock(hashtext('veritem_scan_day'));
            IF to_regclass(name) IS NULL THEN
                EXECUTE format(
                    'CREATE TABLE %I PARTITION OF scans FOR VALUES FROM (%s) TO (%s)',
                    name, day * 86400000::bigint, (day + 1) * 86400000::bigint
                );
            END IF;
        END $$
        """
    )


def notify_of_changes(tables: Mapping[str, str]) -> None:
    """NOTIFY `veritem_changes` when one of these tables changes (PostgreSQL).

    `tables` maps a table to its verbs. Listeners hear it at commit.
    """
    op.execute(
        """
        CREATE FUNCTION veritem_notify() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            NOTIFY veritem_changes;
            RETURN NULL;
        END $$
        """
    )
    for table, verbs in tables.items():
        op.execute(
            f"CREATE TRIGGER {table}_notify AFTER {verbs} ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION veritem_notify()"
        )
