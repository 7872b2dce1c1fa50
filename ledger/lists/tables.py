"""The lists of the ledger: what each is sorted and matched by, and the cells of its rows.

Every sort has an index, and so has every match together with the usual sort (`ledger.schema`).
`tests/ledger/test_lists.py` asks both engines for their plans.
"""

from collections.abc import Collection
from typing import Final, Literal

from sqlalchemy import ColumnElement, and_, case, func, literal_column, or_, select, union

from ledger import schema
from ledger.codes.code_filter import list_conditions
from ledger.codes.lot_codes import is_of_grower
from ledger.codes.registered_code import CodeCondition
from ledger.lists.matchers import match_equal, match_one_of, match_since, match_until
from ledger.lists.query import Condition, ListTable
from ledger.lots.listed_lots import is_listed, is_owed_publication
from ledger.lots.lot_changes import LOT_CHANGE
from ledger.packer_provinces import is_of_province


def _make_orders() -> ListTable:
    orders, numbers = schema.orders, schema.order_numbers
    has_number = numbers.c.order_id == orders.c.id

    def match_number(number: tuple[int | None, int]) -> Condition:
        """Orders of this number: year, or None for any year, and place in the year."""
        year, serial = number
        same = numbers.c.serial == serial
        if year is not None:
            same = and_(same, numbers.c.year == year)
        return orders.c.id.in_(numbers.select().with_only_columns(numbers.c.order_id).where(same))

    return ListTable(
        name="orders",
        base=orders,
        key=orders.c.id,
        sorts={"requested_at": orders.c.requested_at, "count": orders.c.count},
        matches={
            **{name: match_equal(orders.c[name]) for name in ("state", "product", "packer")},
            **{name: match_equal(orders.c[name]) for name in ("print_house", "requested_by")},
            "ids": match_one_of(orders.c.id),
            "province": lambda province: is_of_province(orders.c.packer, province),
            "number": match_number,
            "since": match_since(orders.c.requested_at),
            "until": match_until(orders.c.requested_at),
        },
        columns={
            **{column.name: column for column in orders.c},
            "year": numbers.c.year,
            "serial": numbers.c.serial,
        },
        joined=orders.outerjoin(numbers, has_number),
    )


def _make_batches() -> ListTable:
    parties, batches, numbers = schema.batch_parties, schema.batches, schema.order_numbers
    # Written out: SQLite takes a partial index only for a condition without parameters.
    waiting = {"to_print": "'issued'", "to_activate": "'printed'"}

    def match_stage(stage: str) -> Condition:
        """Batches with stamps that are to be printed, or to be activated."""
        spans = schema.spans
        state: ColumnElement[str] = literal_column(waiting[stage])
        return (
            select(spans.c.batch)
            .where(spans.c.state == state, spans.c.batch == parties.c.number)
            .exists()
        )

    return ListTable(
        name="batches",
        base=parties,
        key=parties.c.number,
        sorts={"at": parties.c.at, "due_on": parties.c.due_on},
        matches={
            **{name: match_equal(parties.c[name]) for name in ("product", "packer", "print_house")},
            "order": match_equal(parties.c.order_id),
            "orders": match_one_of(parties.c.order_id),
            "province": lambda province: is_of_province(parties.c.packer, province),
            "stage": match_stage,
            "number": match_equal(parties.c.number),
            "since": match_since(parties.c.at),
            "until": match_until(parties.c.at),
        },
        columns={
            "id": parties.c.number,
            **{name: parties.c[name] for name in ("product", "packer", "print_house", "at")},
            **{name: batches.c[name] for name in ("count", "grade", "has_pin", "actor", "gtin")},
            **{name: batches.c[name] for name in ("epoch", "host", "manifest")},
            "order": parties.c.order_id,
            "due_on": parties.c.due_on,
            "year": numbers.c.year,
            "serial": numbers.c.serial,
        },
        joined=parties.join(batches, batches.c.number == parties.c.number).outerjoin(
            numbers, numbers.c.order_id == parties.c.order_id
        ),
    )


def _make_lots() -> ListTable:
    lots = schema.lots
    # Written out: SQLite takes a partial index only for a condition without parameters.
    is_complete = lots.c.missing == literal_column("'[]'")
    states: dict[str, Condition] = {
        "incomplete": and_(lots.c.missing != literal_column("'[]'"), lots.c.recalled_at.is_(None)),
        "complete": and_(is_complete, lots.c.recalled_at.is_(None)),
        "recalled": lots.c.recalled_at.is_not(None),
    }

    return ListTable(
        name="lots",
        base=lots,
        key=lots.c.code,
        sorts={"at": lots.c.at},
        matches={
            "organisation": match_equal(lots.c.organisation),
            "product": match_equal(lots.c.product),
            "state": lambda state: states[state],
            "recalled_since": lambda at: and_(states["recalled"], lots.c.recalled_at >= at),
            "codes": match_one_of(lots.c.code),
            "list": lambda asked: is_listed(*asked),
            "unpublished": lambda asked: is_owed_publication(*asked),
            "province": lambda province: is_of_province(lots.c.organisation, province),
            "grower": lambda organisation: is_of_grower(lots.c.code, organisation),
            "since": match_since(lots.c.at),
            "until": match_until(lots.c.at),
        },
        columns={
            "id": lots.c.code,
            "state": case(
                (states["recalled"], "recalled"),
                (is_complete, "complete"),
                else_="incomplete",
            ),
            **{column.name: column for column in lots.c if column.name != "code"},
        },
    )


def _make_alerts() -> ListTable:
    alerts = schema.alerts

    def match_lots(lots: Collection[str]) -> Condition:
        """Alerts of stamps that are bound to one of these lots, and of their batches."""
        spans, bound = schema.spans, match_one_of(schema.spans.c.lot)(lots)
        is_about = or_(
            alerts.c.idx < 0, and_(spans.c.lo <= alerts.c.idx, alerts.c.idx < spans.c.hi)
        )
        return and_(
            alerts.c.batch.in_(select(spans.c.batch).where(bound)),
            select(spans.c.batch).where(bound, spans.c.batch == alerts.c.batch, is_about).exists(),
        )

    def match_attention(asked: tuple[str, int]) -> Condition:
        """Alerts with new evidence (`news`), or that were due before a time (`overdue`)."""
        name, now = asked
        # Written as the condition of the index.
        return literal_column("is_news") if name == "news" else alerts.c.due_at < now

    return ListTable(
        name="alerts",
        base=alerts,
        key=alerts.c.id,
        sorts={"expected_loss": alerts.c.expected_loss, "opened_at": alerts.c.opened_at},
        matches={
            **{name: match_equal(alerts.c[name]) for name in ("state", "kind", "owner", "batch")},
            **{name: match_equal(alerts.c[name]) for name in ("product", "packer")},
            "province": match_equal(alerts.c.province),
            "lots": match_lots,
            "attention": match_attention,
            "code": lambda code: and_(alerts.c.subject == code, alerts.c.subject != ""),
            "stamp": lambda stamp: and_(alerts.c.batch == stamp[0], alerts.c.idx == stamp[1]),
            "since": match_since(alerts.c.opened_at),
            "until": match_until(alerts.c.opened_at),
            "id": match_equal(alerts.c.id),
        },
        columns={column.name: column for column in alerts.c},
    )


def _make_proposals() -> ListTable:
    proposals, lots = schema.proposals, schema.lots

    def match_lots_of(organisation: str) -> Condition:
        """Changes of the lots of an organisation."""
        code = func.substr(proposals.c.subject, len("lot:") + 1)
        own = select(lots.c.code).where(lots.c.code == code, lots.c.organisation == organisation)
        return and_(proposals.c.kind == LOT_CHANGE, own.exists())

    return ListTable(
        name="proposals",
        base=proposals,
        key=proposals.c.id,
        sorts={"id": proposals.c.id},
        matches={
            name: match_equal(proposals.c[name])
            for name in ("state", "kind", "requested_by", "subject", "province")
        }
        | {
            "since": match_since(proposals.c.requested_at),
            "until": match_until(proposals.c.requested_at),
            "id": match_equal(proposals.c.id),
            "lots_of": match_lots_of,
        },
        columns={column.name: column for column in proposals.c},
    )


def _make_codes() -> ListTable:
    codes = schema.registered_codes

    def match_condition(asked: tuple[CodeCondition | Literal["expiring"], str]) -> Condition:
        """Codes in a condition on a day (ISO date)."""
        return and_(*list_conditions(*asked))

    return ListTable(
        name="codes",
        base=codes,
        key=codes.c.code,
        sorts={"code": codes.c.code},
        matches={
            **{name: match_equal(codes.c[name]) for name in ("kind", "province", "organisation")},
            "condition": match_condition,
            "codes": match_one_of(codes.c.code),
        },
        columns={"id": codes.c.code, **{column.name: column for column in codes.c}},
    )


def _make_reports() -> ListTable:
    groups = schema.report_groups
    names = ("state", "kind", "source", "province", "product", "packer", "owner")
    return ListTable(
        name="reports",
        base=groups,
        key=groups.c.id,
        sorts={"last_at": groups.c.last_at, "reports": groups.c.reports},
        matches={
            **{name: match_equal(groups.c[name]) for name in (*names, "batch", "id")},
            "stamp": lambda stamp: and_(groups.c.batch == stamp[0], groups.c.idx == stamp[1]),
            "since": match_since(groups.c.last_at),
            "until": match_until(groups.c.last_at),
        },
        columns={column.name: column for column in groups.c},
    )


def _make_findings() -> ListTable:
    findings = schema.field_findings
    names = ("state", "kind", "actor", "province")
    return ListTable(
        name="findings",
        base=findings,
        key=findings.c.id,
        sorts={"found_at": findings.c.found_at},
        matches={
            **{name: match_equal(findings.c[name]) for name in (*names, "batch", "id")},
            "stamp": lambda stamp: and_(findings.c.batch == stamp[0], findings.c.idx == stamp[1]),
            "since": match_since(findings.c.found_at),
            "until": match_until(findings.c.found_at),
        },
        columns={column.name: column for column in findings.c if column.name != "request"},
    )


def _make_hearings() -> ListTable:
    hearings = schema.hearings
    return ListTable(
        name="hearings",
        base=hearings,
        key=hearings.c.id,
        sorts={"told_at": hearings.c.told_at},
        matches={
            **{name: match_equal(hearings.c[name]) for name in ("organisation", "state", "batch")},
            "lots": match_one_of(hearings.c.lot),
            "since": match_since(hearings.c.told_at),
            "until": match_until(hearings.c.told_at),
        },
        columns={column.name: column for column in hearings.c},
    )


def _make_cartons() -> ListTable:
    cartons, contents = schema.cartons, schema.carton_contents

    def match_lots(lots: Collection[str]) -> Condition:
        """Cartons with stamps of one of these lots, and the pallets that they are on."""
        packed = select(contents.c.carton).where(match_one_of(contents.c.lot)(lots))
        inner = cartons.alias("packed")
        loaded = select(inner.c.pallet).where(inner.c.id.in_(packed), inner.c.pallet.is_not(None))
        return cartons.c.id.in_(union(packed, loaded))

    return ListTable(
        name="cartons",
        base=cartons,
        key=cartons.c.id,
        sorts={"changed_at": cartons.c.changed_at},
        matches={
            **{name: match_equal(cartons.c[name]) for name in ("kind", "organisation", "label")},
            "province": lambda province: is_of_province(cartons.c.organisation, province),
            "ids": match_one_of(cartons.c.id),
            "lots": match_lots,
            "since": match_since(cartons.c.changed_at),
            "until": match_until(cartons.c.changed_at),
        },
        columns={column.name: column for column in cartons.c},
    )


ORDERS: Final = _make_orders()
BATCHES: Final = _make_batches()
LOTS: Final = _make_lots()
ALERTS: Final = _make_alerts()
PROPOSALS: Final = _make_proposals()
CODES: Final = _make_codes()
REPORTS: Final = _make_reports()
FINDINGS: Final = _make_findings()
HEARINGS: Final = _make_hearings()
CARTONS: Final = _make_cartons()
