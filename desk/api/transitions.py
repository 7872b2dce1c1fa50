"""`/api/v1/transitions`: activate, deactivate, rebind, void, suspend and release stamps."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from desk.api.call import ApiCall
from desk.api.models import Body, Text
from desk.api.routing import ApiRoutes
from ledger.codes.code_errors import CODE_REFUSALS
from ledger.errors import (
    KeyReused,
    LotIncomplete,
    LotNotAllowed,
    LotOwnerMismatch,
    LotProductMismatch,
    LotRecalled,
    LotRequired,
    UnknownBatch,
    UnknownLot,
)
from ledger.lots.product_lists import RecordUnpublished
from ledger.stamps.carton_contents import StampsPacked
from ledger.stamps.reversals import ActivationHandled, ActivationTooOld, StampsScanned
from services.documents import TransitionDocument, describe_transition
from services.errors import InvalidInput, NotAssigned
from services.permissions import STAFF_TRANSITIONS, TRANSITION_PERMISSIONS
from services.stamps import transitions
from services.stamps.transitions import TransitionRequest
from stamps.lifecycle import IllegalReason, Transition
from stamps.serial_range import MalformedRange
from stamps.spans import SpanOutOfRange, TransitionConflict

routes = ApiRoutes("transitions")


class TransitionBody(Body):
    """Stamps to change, a serial `range`; an activation or rebinding binds it to `lot`.

    `acted_at` is when an activation was done, at most 72 hours before it is recorded.

    A recall needs two people: `POST /api/v1/recalls`.
    """

    transition: Annotated[
        Transition,
        Field(json_schema_extra={"enum": [str(transition) for transition in STAFF_TRANSITIONS]}),
    ]
    range: Annotated[Text, Field(examples=["7·0-4999"])]
    lot: Text | None = None
    reason: Text | None = None
    acted_at: Annotated[Text | None, Field(examples=["2026-07-01T08:30:00+07:00"])] = None


class TransitionListDocument(BaseModel):
    """The transitions of one request."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    transitions: list[TransitionDocument]


@routes.add(
    "POST",
    "transitions",
    permissions=tuple(TRANSITION_PERMISSIONS[transition] for transition in STAFF_TRANSITIONS),
    has_key=True,
    errors=(
        InvalidInput,
        MalformedRange,
        UnknownBatch,
        UnknownLot,
        LotRequired,
        LotNotAllowed,
        LotIncomplete,
        LotRecalled,
        LotProductMismatch,
        LotOwnerMismatch,
        RecordUnpublished,
        *CODE_REFUSALS,
        IllegalReason,
        SpanOutOfRange,
        TransitionConflict,
        NotAssigned,
        ActivationTooOld,
        ActivationHandled,
        StampsScanned,
        StampsPacked,
        KeyReused,
    ),
)
async def apply_transition(call: ApiCall, body: TransitionBody) -> TransitionListDocument:
    """Change stamps, all or none; the same key twice answers the first result again."""
    request = TransitionRequest(
        transition=body.transition,
        ranges=(body.range,),
        lot=body.lot,
        reason=body.reason,
        acted_at=None if body.acted_at is None else transitions.parse_acted_at(body.acted_at),
    )
    recorded = await transitions.apply_transition(call.context, request, call.key)
    return TransitionListDocument(transitions=[describe_transition(one) for one in recorded])
