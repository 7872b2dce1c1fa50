"""`/api/v1/proposals`: what one person asks for and another decides; `/api/v1/recalls` asks."""

from typing import Annotated, Final

from pydantic import Field

from desk.api.call import ApiCall
from desk.api.cartons import CARTON_NAMING_ERRORS
from desk.api.models import MAX_INDEX, Body, Query, SortedListDocument, SortedPageQuery, Text
from desk.api.routing import ApiRoutes
from ledger import ProposalState, Role
from ledger.cartons.carton_errors import CartonEmpty
from ledger.errors import (
    AlreadyProposed,
    KeyReused,
    LotIncomplete,
    LotRecalled,
    NothingToRecall,
    OrderNotOpen,
    OrganisationDisabled,
    ProposalNotOpen,
    SamePerson,
    SecondPersonRequired,
    UnknownBatch,
    UnknownLot,
    UnknownProposal,
    UnknownRow,
)
from ledger.lists.records import read_proposal
from ledger.staff_errors import AccountRequired, UnknownStaff
from services.accounts import accounts
from services.documents import (
    ProposalDocument,
    RecallReachDocument,
    describe_proposal,
    describe_reach,
)
from services.errors import InvalidInput
from services.lists.find import find_list_page
from services.lists.proposals import PROPOSALS
from services.permissions import Permission
from services.proposals import proposals
from services.proposals.proposal_kinds import PROPOSAL_PERMISSIONS
from services.stamps import recalls
from services.stamps.recalls import parse_days
from services.traces.trace_recalls import preview_trace_recall, propose_trace_recall
from services.traces.trace_starts import StartKind, parse_request
from stamps.errors import MalformedCode, UnknownCode
from stamps.lifecycle import IllegalReason
from stamps.serial_range import MalformedRange
from stamps.spans import SpanOutOfRange, TransitionConflict

routes = ApiRoutes("proposals")

_DECISION_ERRORS: Final = (
    UnknownProposal,
    SecondPersonRequired,
    AccountRequired,
    ProposalNotOpen,
)


class RecallBody(Body):
    """Target of a recall, one of the six: a serial `range`, a whole `batch` or `lot`, the stamps
    in a `carton` or on a pallet, all lots that name a registered `code`, packed in the days
    `since` to `until`, or every stamp that a trace forward from `traced` reaches.
    """

    range: Annotated[Text, Field(examples=["7·0-4999"])] | None = None
    batch: Annotated[int, Field(ge=0, le=MAX_INDEX)] | None = None
    lot: Text | None = None
    code: Text | None = None
    since: Text | None = None
    """`2026-09-01`."""
    until: Text | None = None
    carton: Annotated[Text | None, Field(examples=["389350000100000014"])] = None
    """`LABEL`, or `LABEL@ORGANISATION`. Its stamps are those that are in it at the proposal."""
    traced: Text | None = None
    """What is traced, as in `GET trace`."""
    traced_kind: StartKind | None = None
    """What `traced` is, where it is not to be recognised."""
    reason: Text


class RoleGrantBody(Body):
    """The role that an account is to have, and its organisation."""

    account: Text
    role: Role
    organisation: Text | None = None


class RecallReachQuery(Query):
    """Target whose reach is asked for, one of the six."""

    lot: Text | None = None
    code: Text | None = None
    since: Text | None = None
    """`2026-09-01`."""
    until: Text | None = None
    batch: int | None = None
    range: Text | None = None
    carton: Text | None = None
    traced: Text | None = None
    """What is traced, as in `GET trace`; `since` and `until` are then those of a place."""
    traced_kind: StartKind | None = None


class ProposalQuery(SortedPageQuery):
    """Which proposals are listed; sorted by `-id`."""

    state: ProposalState | None = None
    kind: Text | None = None
    requested_by: Text | None = None


class ProposalListDocument(SortedListDocument):
    """Proposals, newest first."""

    proposals: list[ProposalDocument]


@routes.add(
    "POST",
    "recalls",
    permissions=(Permission.RECALL,),
    status=201,
    has_key=True,
    errors=(
        InvalidInput,
        MalformedCode,
        MalformedRange,
        UnknownBatch,
        UnknownCode,
        UnknownLot,
        UnknownRow,
        *CARTON_NAMING_ERRORS,
        CartonEmpty,
        IllegalReason,
        SpanOutOfRange,
        AccountRequired,
        AlreadyProposed,
        KeyReused,
    ),
)
async def propose_recall(call: ApiCall, body: RecallBody) -> ProposalDocument:
    """Propose a recall; it happens when another person approves it."""
    if body.traced is not None:
        _refuse_others("traced", body.lot, body.batch, body.range, body.code, body.carton)
        asked = parse_request(body.traced, body.traced_kind, body.since, body.until)
        proposal = await propose_trace_recall(call.context, asked, reason=body.reason, key=call.key)
        call.headers["Location"] = f"/api/v1/proposals/{proposal.id}"
        return describe_proposal(proposal)
    proposal = await recalls.propose_recall(
        call.context,
        lot=body.lot,
        batch=body.batch,
        ranges=() if body.range is None else (body.range,),
        code=None if body.code is None else parse_days(body.code, body.since, body.until),
        carton=body.carton,
        reason=body.reason,
        key=call.key,
    )
    call.headers["Location"] = f"/api/v1/proposals/{proposal.id}"
    return describe_proposal(proposal)


@routes.add(
    "GET",
    "recalls/reach",
    permissions=(Permission.RECALL,),
    errors=(
        InvalidInput,
        MalformedCode,
        MalformedRange,
        UnknownBatch,
        UnknownCode,
        UnknownLot,
        UnknownRow,
        SpanOutOfRange,
        *CARTON_NAMING_ERRORS,
        CartonEmpty,
    ),
)
async def preview_recall(call: ApiCall, query: RecallReachQuery) -> RecallReachDocument:
    """Count what a recall would reach; nothing changes."""
    if query.traced is not None:
        _refuse_others("traced", query.lot, query.batch, query.range, query.code, query.carton)
        asked = parse_request(query.traced, query.traced_kind, query.since, query.until)
        traced = await preview_trace_recall(call.context, asked)
        return describe_reach(traced.reach, is_cut=traced.is_cut, took_ms=traced.found.took_ms)
    reach = await recalls.preview_recall(
        call.context,
        lot=query.lot,
        batch=query.batch,
        ranges=() if query.range is None else (query.range,),
        code=None if query.code is None else parse_days(query.code, query.since, query.until),
        carton=query.carton,
    )
    return describe_reach(reach)


@routes.add(
    "POST",
    "role-grants",
    permissions=(Permission.ACCOUNT_MANAGE,),
    status=201,
    has_key=True,
    errors=(InvalidInput, UnknownStaff, UnknownRow, AccountRequired, AlreadyProposed, KeyReused),
)
async def propose_role(call: ApiCall, body: RoleGrantBody) -> ProposalDocument:
    """Propose a role for an account; it changes when another person approves."""
    proposal = await accounts.propose_role(
        call.context, body.account, body.role, body.organisation, call.key
    )
    call.headers["Location"] = f"/api/v1/proposals/{proposal.id}"
    return describe_proposal(proposal)


@routes.add("GET", "proposals", permissions=PROPOSAL_PERMISSIONS, errors=(InvalidInput,))
async def list_proposals(call: ApiCall, query: ProposalQuery) -> ProposalListDocument:
    """Search and filter the proposals that the caller may make or decide."""
    asked = query.to_request("state", "kind", "requested_by")
    page = await find_list_page(call.context, PROPOSALS, asked)
    return ProposalListDocument(
        proposals=[describe_proposal(read_proposal(row)) for row in page.rows],
        next=page.next,
        previous=page.previous,
    )


@routes.add(
    "GET", "proposals/{proposal}", permissions=PROPOSAL_PERMISSIONS, errors=(UnknownProposal,)
)
async def show_proposal(call: ApiCall, proposal: int) -> ProposalDocument:
    """Show a proposal."""
    return describe_proposal(await proposals.get_proposal(call.context, proposal))


@routes.add(
    "POST",
    "proposals/{proposal}/approve",
    permissions=PROPOSAL_PERMISSIONS,
    errors=(
        *_DECISION_ERRORS,
        NothingToRecall,
        LotRecalled,
        LotIncomplete,
        TransitionConflict,
        SpanOutOfRange,
        SamePerson,
        OrderNotOpen,
        OrganisationDisabled,
    ),
)
async def approve_proposal(call: ApiCall, proposal: int) -> ProposalDocument:
    """Approve a proposal of another person, which is carried out at once; twice is once."""
    approval = await proposals.approve_proposal(call.context, proposal)
    return describe_proposal(approval.proposal)


@routes.add(
    "POST",
    "proposals/{proposal}/refuse",
    permissions=PROPOSAL_PERMISSIONS,
    errors=_DECISION_ERRORS,
)
async def refuse_proposal(call: ApiCall, proposal: int) -> ProposalDocument:
    """Refuse a proposal of another person; twice is once."""
    return describe_proposal(await proposals.refuse_proposal(call.context, proposal))


@routes.add(
    "POST",
    "proposals/{proposal}/withdraw",
    permissions=PROPOSAL_PERMISSIONS,
    errors=(UnknownProposal, ProposalNotOpen),
)
async def withdraw_proposal(call: ApiCall, proposal: int) -> ProposalDocument:
    """Withdraw one's own proposal; twice is once."""
    return describe_proposal(await proposals.withdraw_proposal(call.context, proposal))


def _refuse_others(field: str, *others: object) -> None:
    """Refuse a second target beside the one that a field names. Raises `InvalidInput`."""
    if any(one is not None for one in others):
        raise InvalidInput(field=field, why="is one target, and another one is named too")
