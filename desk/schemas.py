"""JSON Schemas (draft 2020-12) of what the API takes and tells; `desk.openapi` publishes them."""

from collections.abc import Mapping
from typing import Any, Final, get_args

from desk.bundles import FORMATS
from desk.roles import MOVES, Permission
from detection.verdict import Verdict
from ledger import CAUSES, ROLES, AlertState, OrderState
from ledger.orders import Grade
from stamps.lifecycle import REASONS, State, Transition

Schema = dict[str, Any]

TEXT: Final[Schema] = {"type": "string"}
NUMBER: Final[Schema] = {"type": "integer"}
FLAG: Final[Schema] = {"type": "boolean"}
TIME: Final[Schema] = {"type": "string", "format": "date-time"}
REAL: Final[Schema] = {"type": "number"}
TEXTS: Final[Schema] = {"type": "array", "items": TEXT}
_INDEX: Final[Schema] = {"type": "integer", "minimum": 0, "maximum": 2**24 - 1}


def one_of(values: Any) -> Schema:
    """A text among these."""
    return {"type": "string", "enum": [str(value) for value in values]}


def maybe(schema: Schema) -> Schema:
    """The same, or null."""
    loose = {**schema, "type": [schema["type"], "null"]}
    if "enum" in schema:
        loose["enum"] = [*schema["enum"], None]
    return loose


def ref(name: str) -> Schema:
    """A schema by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def each(schema: Schema) -> Schema:
    """A list of these."""
    return {"type": "array", "items": schema}


def whole(description: str, /, **properties: Schema) -> Schema:
    """An object with all of these and nothing else."""
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def asked(description: str, needed: tuple[str, ...], /, **properties: Schema) -> Schema:
    """An object that is taken: `needed` must be there, and nothing else than these may."""
    return {**whole(description, **properties), "required": list(needed)}


_COUNTS: Final[Schema] = {"type": "object", "additionalProperties": NUMBER}
_BATCH: Final[Mapping[str, Schema]] = {
    "number": NUMBER,
    "order": TEXT,
    "count": NUMBER,
    "roll": TEXT,
    "grade": one_of(get_args(Grade)),
    "epoch": NUMBER,
    "host": TEXT,
    "gtin": maybe(TEXT),
    "product": maybe(TEXT),
    "has_pin": FLAG,
    "issued_by": TEXT,
    "issued_at": TIME,
    "is_finished": FLAG,
}
_ALERT: Final[Mapping[str, Schema]] = {
    "id": NUMBER,
    "kind": one_of(("stamp", "batch")),
    "batch": NUMBER,
    "index": maybe(NUMBER),
    "state": one_of(AlertState),
    "cause": maybe(TEXT),
    "owner": maybe(TEXT),
    "score": REAL,
    "reasons": TEXTS,
    "scans": NUMBER,
    "expected_loss": REAL,
    "opened_at": TIME,
    "updated_at": TIME,
}

SCHEMAS: Final[Mapping[str, Schema]] = {
    "Problem": {
        "type": "object",
        "description": "RFC 9457 problem details; more members hold the refusal's evidence.",
        "properties": {"type": TEXT, "title": TEXT, "status": NUMBER, "detail": TEXT},
        "required": ["type", "title", "status"],
        "additionalProperties": True,
    },
    "Me": whole(
        "Who a token belongs to, and what that person may do.",
        id=TEXT,
        name=TEXT,
        role=one_of(ROLES),
        organisation=maybe(TEXT),
        permissions=each(one_of(Permission)),
    ),
    "OrderRequest": asked(
        "Stamps that are asked for; `id` names the order, a new name when absent.",
        ("count", "grade"),
        id={**TEXT, "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$"},
        count={"type": "integer", "minimum": 1},
        grade=one_of(get_args(Grade)),
        has_pin=FLAG,
        product=maybe(TEXT),
        packer=maybe(TEXT),
        print_house=maybe(TEXT),
        note=maybe(TEXT),
    ),
    "Order": whole(
        "An order; another person than who asked decides on it.",
        id=TEXT,
        count=NUMBER,
        grade=one_of(get_args(Grade)),
        has_pin=FLAG,
        product=maybe(TEXT),
        packer=maybe(TEXT),
        print_house=maybe(TEXT),
        note=maybe(TEXT),
        state=one_of(OrderState),
        requested_by=TEXT,
        requested_at=TIME,
        decided_by=maybe(TEXT),
        decided_at=maybe(TIME),
    ),
    "Orders": whole("Orders, oldest first.", orders=each(ref("Order"))),
    "BatchRequest": asked(
        "A batch of an approved order; all that is left of it when `count` is absent.",
        ("order",),
        order=TEXT,
        count={"type": "integer", "minimum": 1, "maximum": 2**24},
        gs1=FLAG,
    ),
    "Batch": whole("A numbered run of stamps.", **_BATCH),
    "Batches": whole("Batches, the newest first.", batches=each(ref("Batch"))),
    "Balance": whole(
        "Where all the stamps of a batch are, and whether that agrees with what happened.",
        issued=NUMBER,
        printed=NUMBER,
        activated=NUMBER,
        void={**_COUNTS, "description": "How many were made void, by reason."},
        outstanding=NUMBER,
        states={**_COUNTS, "description": "How many stand in each state."},
        balances=FLAG,
        flaws=TEXTS,
    ),
    "BatchBalance": whole("A batch and its balance.", **_BATCH, balance=ref("Balance")),
    "Span": whole(
        "A run of stamps in one state and lot, first and last number both included.",
        roll=TEXT,
        first=NUMBER,
        last=NUMBER,
        state=one_of(State),
        lot=maybe(TEXT),
        reason=maybe(TEXT),
        activated_at=maybe(TIME),
        changed_at=TIME,
    ),
    "Stamps": whole(
        "Stamps by roll number or code: their runs, and what happened to them.",
        batch=NUMBER,
        roll=TEXT,
        spans=each(ref("Span")),
        transitions=each(ref("Transition")),
    ),
    "Part": whole(
        "One file of a bundle; `size` and `sha256` are of the file as it is downloaded.",
        name=TEXT,
        first=NUMBER,
        last=NUMBER,
        size=NUMBER,
        sha256=TEXT,
        href=TEXT,
    ),
    "Bundle": whole(
        "A bundle for the press; ask again while it is `writing`.",
        batch=NUMBER,
        format=one_of(FORMATS),
        state=one_of(("absent", "writing", "ready", "failed")),
        done=NUMBER,
        total=NUMBER,
        why=maybe(TEXT),
        encrypted_for=TEXTS,
        ticket=maybe(TEXT),
        manifest=maybe(TEXT),
        parts=each(ref("Part")),
    ),
    "Report": whole(
        "What a print house's report did, all of it in one step.",
        batch=NUMBER,
        printed=NUMBER,
        spoiled=NUMBER,
        transitions=each(ref("Transition")),
        balance=ref("Balance"),
    ),
    "TransitionRequest": asked(
        "Stamps to transition: a run of them (`roll`), or for a recall a whole `batch` or `lot`. An "
        "activation binds them to `lot`.",
        ("transition",),
        transition=one_of(MOVES),
        roll={**TEXT, "examples": ["7·0-4999"]},
        batch=_INDEX,
        lot=TEXT,
        reason=one_of(sorted({reason for transition in MOVES for reason in REASONS[transition]})),
    ),
    "Transition": whole(
        "One recorded transition; `repeated` says that the key had been used and nothing moved now.",
        seq=NUMBER,
        batch=NUMBER,
        first=NUMBER,
        last=NUMBER,
        roll=TEXT,
        transition=one_of(Transition),
        reason=maybe(TEXT),
        lot=maybe(TEXT),
        actor=TEXT,
        at=TIME,
        hash=TEXT,
        repeated=FLAG,
    ),
    "Transitions": whole("Transitions, all of one request.", transitions=each(ref("Transition"))),
    "LotDocument": {"type": "object", "description": "The lot as docs/lot.md says it."},
    "Lot": whole(
        "A lot; stamps can be bound to it when `missing` is empty.",
        code=TEXT,
        version=NUMBER,
        document={"type": "object"},
        missing=TEXTS,
        put_by=TEXT,
        put_at=TIME,
    ),
    "Lots": whole("Lots, the newest first.", lots=each(ref("Lot"))),
    "Alert": whole("What the judge shows to people; a suspicion and no finding.", **_ALERT),
    "Alerts": whole("Alerts by expected loss.", alerts=each(ref("Alert"))),
    "AlertEvent": whole(
        "Evidence that came in, or a decision.",
        at=TIME,
        actor=TEXT,
        what=one_of(("evidence", "decision")),
        state=one_of(AlertState),
        cause=maybe(TEXT),
        note=maybe(TEXT),
        score=REAL,
        reasons=TEXTS,
        scans=TEXTS,
    ),
    "Scan": whole(
        "One scan; device and network are pseudonyms of this stamp's own: at another stamp the same"
        " device has another. Places are rounded to a ward.",
        id=TEXT,
        at=TIME,
        via=TEXT,
        device=maybe(TEXT),
        net=maybe(TEXT),
        lat=maybe(REAL),
        lon=maybe(REAL),
        province=maybe(TEXT),
        ward=maybe(TEXT),
        country=maybe(TEXT),
        verdict=one_of(Verdict),
        score=REAL,
        reasons=TEXTS,
    ),
    "AlertCase": whole(
        "An alert with its history and the scans of its stamp.",
        **_ALERT,
        history=each(ref("AlertEvent")),
        evidence=each(ref("Scan")),
    ),
    "Decision": asked(
        "A step of an alert; confirming and dismissing name a cause.",
        ("state",),
        state=one_of(state for state in AlertState if state is not AlertState.OPEN),
        cause=one_of(cause for causes in CAUSES.values() for cause in causes),
        note=TEXT,
    ),
}
