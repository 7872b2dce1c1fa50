"""Rules that the database itself enforces, whoever writes: spans, chains, orders and batches.

Each guard is made twice, as a trigger of SQLite and as one of PostgreSQL, and says what it refused.
They repeat rules of the services on purpose: a stolen database login skips the services. Names of
tables come from the migrations, never from input.
"""

# ruff: noqa: S608 - names in the SQL are the migrations' own

from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op

from ledger.storage.storage_errors import MigrationRefused

_OVERLAPS = """
    SELECT one.batch, one.lo, one.hi, other.lo, other.hi
    FROM spans one JOIN spans other
        ON other.batch = one.batch AND other.lo > one.lo AND other.lo < one.hi
    ORDER BY one.batch, one.lo, other.lo LIMIT 1
"""

_BATCH_SIZE = 2**24
"""Indexes of one batch. `batch * _BATCH_SIZE + index` numbers all stamps, so one range of integers
stands for a span, and the exclusion constraint needs no extension."""


def is_sqlite() -> bool:
    """Whether the migration runs on SQLite."""
    return op.get_bind().dialect.name == "sqlite"


def _quoted_schema() -> str:
    bind = op.get_bind()
    schema = bind.scalar(sa.text("SELECT current_schema"))
    return bind.dialect.identifier_preparer.quote(schema)


def make_guard(
    name: str, table: str, verbs: Iterable[str], rules: Iterable[tuple[str, str]]
) -> None:
    """Refuse a row that violates a rule: `rules` are pairs of a condition and what to say.

    Conditions are SQL that both engines read, over NEW and OLD.
    """
    verbs, rules = tuple(verbs), tuple(rules)
    if is_sqlite():
        for verb in verbs:
            checks = " ".join(
                f"SELECT RAISE(ABORT, 'refused: {said}') WHERE {condition};"
                for condition, said in rules
            )
            op.execute(
                f"CREATE TRIGGER {name}_{verb.lower()} BEFORE {verb} ON {table} BEGIN {checks} END"
            )
        return
    checks = " ".join(
        f"IF ({condition}) THEN RAISE EXCEPTION '{said}' USING ERRCODE = 'VT003'; END IF;"
        for condition, said in rules
    )
    result = "OLD" if verbs == ("DELETE",) else "NEW"
    # With its owner's rights: the rule may read what the writer may not.
    op.execute(
        f"""
        CREATE FUNCTION veritem_{name}() RETURNS trigger LANGUAGE plpgsql
        SECURITY DEFINER SET search_path = {_quoted_schema()}, pg_temp AS $$
        BEGIN {checks} RETURN {result}; END $$
        """
    )
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {' OR '.join(verbs)} ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION veritem_{name}()"
    )


def drop_guard(name: str, table: str, verbs: Iterable[str]) -> None:
    """Remove a guard that `make_guard` made, so that another takes its place."""
    if is_sqlite():
        for verb in verbs:
            op.execute(f"DROP TRIGGER {name}_{verb.lower()}")
        return
    op.execute(f"DROP TRIGGER {name} ON {table}")
    op.execute(f"DROP FUNCTION veritem_{name}()")


def refuse_overlapping_spans() -> None:
    """Let no stamp be in two spans, nor in one beyond its batch.

    Raises `MigrationRefused` for a ledger that has such spans, and names them.
    """
    found = op.get_bind().execute(sa.text(_OVERLAPS)).one_or_none()
    if found is not None:
        batch, lo, hi, other_lo, other_hi = found
        raise MigrationRefused(
            why=f"two spans overlap, {batch}·{lo}-{hi - 1} and {batch}·{other_lo}-{other_hi - 1}; "
            "compare them with the transitions (veritem audit verify) and remove the wrong one"
        )
    beyond = (
        "NEW.hi > (SELECT count FROM batches WHERE number = NEW.batch)",
        "a span ends beyond its batch",
    )
    keep_ranges_apart("spans", "two spans overlap", beyond)


def keep_ranges_apart(table: str, said: str, *more: tuple[str, str]) -> None:
    """Let no two ranges `[lo, hi)` of a batch overlap in a table; `more` are rules of each row."""
    if not is_sqlite():
        op.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT ex_{table}_overlap EXCLUDE USING gist (int8range("
            f"batch * {_BATCH_SIZE}::bigint + lo, batch * {_BATCH_SIZE}::bigint + hi) WITH &&)"
        )
        if more:
            make_guard(f"{table}_in_batch", table, ("INSERT", "UPDATE"), more)
        return
    overlap = (
        f"EXISTS (SELECT 1 FROM {table}"
        " WHERE batch = NEW.batch AND lo >= NEW.lo AND lo < NEW.hi{but})"
        f" OR NEW.lo < (SELECT hi FROM {table} WHERE batch = NEW.batch AND lo < NEW.lo{{but}}"
        " ORDER BY lo DESC LIMIT 1)"
    )
    itself = " AND NOT (batch = OLD.batch AND lo = OLD.lo)"
    for verb, but in (("INSERT", ""), ("UPDATE", itself)):
        rules = [(overlap.format(but=but), said), *more]
        make_guard(f"{table}_apart", table, (verb,), rules)


def keep_chains_in_order(chains: Iterable[str]) -> None:
    """Number rows of history without gaps, and keep each head at the last row.

    A head that was set back by the database's owner stops nobody: the next number follows the
    greater of the head and the last row.
    """
    heads = []
    for chain in chains:
        last = f"coalesce((SELECT max(seq) FROM {chain}), 0)"
        head = f"coalesce((SELECT seq FROM chain_heads WHERE name = '{chain}'), 0)"
        greater = f"CASE WHEN {last} > {head} THEN {last} ELSE {head} END"
        make_guard(
            f"{chain}_in_order",
            chain,
            ("INSERT",),
            [(f"NEW.seq <> 1 + {greater}", f"a row of {chain} is not the next of its chain")],
        )
        heads.append(
            f"NEW.name = '{chain}' AND NEW.seq = (SELECT max(seq) FROM {chain}) "
            f"AND NEW.hash = (SELECT hash FROM {chain} WHERE seq = NEW.seq)"
        )
    is_last = " OR ".join(f"({one})" for one in heads)
    not_last = (f"({is_last}) IS NOT TRUE", "the head of a chain is its last row")
    backwards = ("NEW.name <> OLD.name OR NEW.seq < OLD.seq", "the head of a chain never goes back")
    make_guard("chain_heads_first", "chain_heads", ("INSERT",), [not_last])
    make_guard("chain_heads_forward", "chain_heads", ("UPDATE",), [backwards, not_last])
    make_guard(
        "chain_heads_stay", "chain_heads", ("DELETE",), [("1 = 1", "a chain keeps its head")]
    )


def guard_orders() -> None:
    """Let an order be decided once and by another person, and batches follow from approved ones."""
    same = " OR ".join(
        f"NEW.{name} IS DISTINCT FROM OLD.{name}"
        for name in (
            *("id", "count", "grade", "has_pin", "product", "packer", "print_house", "note"),
            *("requested_by", "requested_at"),
        )
    )
    decision = "NEW.decided_by IS DISTINCT FROM OLD.decided_by OR " + (
        "NEW.decided_at IS DISTINCT FROM OLD.decided_at"
    )
    by_another = f"{normalise_name('NEW.decided_by')} <> {normalise_name('NEW.requested_by')}"
    rules = [
        (same, "what was ordered never changes"),
        (
            "NOT (NEW.state = OLD.state"
            " OR OLD.state = 'requested' AND NEW.state IN ('approved', 'refused')"
            " OR OLD.state = 'approved' AND NEW.state = 'fulfilled')",
            "an order is decided once, then fulfilled",
        ),
        (f"OLD.state <> 'requested' AND ({decision})", "a decision on an order never changes"),
        (
            f"NEW.state <> 'requested' AND ({by_another}) IS NOT TRUE",
            "an order is decided by another person than requested it",
        ),
        (
            "NEW.state = 'requested' AND NEW.decided_by IS NOT NULL",
            "an order that is decided has a decision",
        ),
    ]
    new = [
        (
            "NEW.state <> 'requested' OR NEW.decided_by IS NOT NULL OR NEW.decided_at IS NOT NULL",
            "a new order is not decided",
        )
    ]
    make_guard("orders_requested", "orders", ("INSERT",), new)
    make_guard("orders_decided", "orders", ("UPDATE",), translate_rules(rules))
    make_guard(
        "batches_ordered",
        "batches",
        ("INSERT",),
        [
            (
                "(SELECT state FROM orders WHERE id = NEW.order_id) <> 'approved'",
                "a batch needs an approved order",
            ),
            (
                "NEW.count + coalesce((SELECT sum(count) FROM batches"
                " WHERE order_id = NEW.order_id), 0)"
                " > (SELECT count FROM orders WHERE id = NEW.order_id)",
                "the batches of an order have no more stamps than it",
            ),
        ],
    )


def guard_lots(vouched_parts: Iterable[str]) -> None:
    """Let a bound lot change by corrections only, and materially with a confirmed proposal.

    `vouched_parts` are the parts of the document whose change is material.
    """
    before = "(SELECT {} FROM lots WHERE code = NEW.lot)"
    vouched = (
        *(
            (f"NEW.{name}", before.format(name))
            for name in ("product", "packing_house", "packed_at", "expires_at")
        ),
        *(
            (_part("NEW.document", name), before.format(_part("document", name)))
            for name in vouched_parts
        ),
    )
    changes = " OR ".join(f"{new} IS DISTINCT FROM {old}" for new, old in vouched)
    version = [
        (
            f"NEW.version <> 1 + coalesce({before.format('version')}, 0)",
            "a version of a lot is the next one",
        ),
        (
            f"{before.format('organisation')} IS NOT NULL"
            f" AND NEW.organisation IS DISTINCT FROM {before.format('organisation')}",
            "a lot keeps its owner",
        ),
        (
            f"{before.format('recalled_at')} IS NOT NULL OR EXISTS"
            " (SELECT 1 FROM spans WHERE lot = NEW.lot AND state = 'recalled')",
            "after a recall a lot does not change",
        ),
        (
            "NOT NEW.is_correction AND EXISTS (SELECT 1 FROM spans WHERE lot = NEW.lot)",
            "a new version of a lot with stamps is a correction",
        ),
        (
            f"NEW.is_correction AND NOT NEW.is_material AND ({changes})",
            "a change of what stamps vouch for is material",
        ),
        (
            "NEW.is_correction AND NEW.is_material AND NOT EXISTS (SELECT 1 FROM proposals"
            " WHERE kind = 'lot.change' AND subject = 'lot:' || NEW.lot AND state = 'approved'"
            " AND used_at IS NULL AND requested_by = NEW.actor"
            " AND decided_by = NEW.confirmed_by)",
            "a second person confirms a material correction",
        ),
    ]
    content = " AND ".join(
        f"{name} IS NOT DISTINCT FROM NEW.{name}"
        for name in (
            *("document", "missing", "organisation", "product", "packing_house"),
            *("packed_at", "expires_at", "actor", "at"),
        )
    )
    current = [
        (
            "NOT EXISTS (SELECT 1 FROM lot_versions"
            f" WHERE lot = NEW.code AND version = NEW.version AND {content})",
            "a lot is as its last version says",
        )
    ]
    final = (
        "OLD.recalled_at IS NOT NULL AND NEW.recalled_at IS DISTINCT FROM OLD.recalled_at",
        "a recall is final",
    )
    make_guard("lot_versions_follow", "lot_versions", ("INSERT",), translate_rules(version))
    make_guard("lots_made", "lots", ("INSERT",), translate_rules(current))
    make_guard("lots_changed", "lots", ("UPDATE",), translate_rules([*current, final]))
    make_guard("lots_stay", "lots", ("DELETE",), [("1 = 1", "a lot is never removed")])


def unguard_lots() -> None:
    """Remove the guards of `guard_lots`, which later guards replace."""
    for name, table, verb in (
        ("lot_versions_follow", "lot_versions", "INSERT"),
        ("lots_made", "lots", "INSERT"),
        ("lots_changed", "lots", "UPDATE"),
        ("lots_stay", "lots", "DELETE"),
    ):
        drop_guard(name, table, (verb,))


def _part(document: str, name: str) -> str:
    """SQL for a part of a JSON document in a text."""
    if is_sqlite():
        return f"json_extract({document}, '$.{name}')"
    return f"({document}::jsonb -> '{name}')"


def translate_rules(rules: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The rules with the comparisons of nulls that the engine knows."""
    if not is_sqlite():
        return list(rules)
    known = (("IS NOT DISTINCT FROM", "IS"), ("IS DISTINCT FROM", "IS NOT"))
    translated = []
    for condition, said in rules:
        for standard, own in known:
            condition = condition.replace(standard, own)
        translated.append((condition, said))
    return translated


def normalise_name(name: str) -> str:
    """SQL for a name without the differences that people do not see."""
    if is_sqlite():
        return f"lower(trim({name}))"
    return f"lower(normalize(btrim({name}), NFKC))"


def stop_notifying_a_full_queue() -> None:
    """Skip the notice of a change when PostgreSQL's queue is half full.

    NOTIFY to a full queue fails the transaction at its commit, and any login can fill the queue
    (8 GB) by listening without reading. Listeners poll, so a skipped notice delays and loses
    nothing.
    """
    op.execute(
        """
        CREATE OR REPLACE FUNCTION veritem_notify() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF pg_notification_queue_usage() < 0.5 THEN
                NOTIFY veritem_changes;
            END IF;
            RETURN NULL;
        END $$
        """
    )
