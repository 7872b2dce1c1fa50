"""`/api/v1/organisations`: the parties, and the keys of print houses."""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from desk.api.call import ApiCall
from desk.api.models import Body, LongText, SortedListDocument, SortedPageQuery, Text
from desk.api.routing import ApiRoutes
from ledger import Organisation, OrganisationKind
from ledger.errors import (
    AlreadyExists,
    AlreadyProposed,
    KeyReused,
    LastPrintKey,
    UnknownRow,
)
from ledger.lists.records import read_organisation
from ledger.staff_errors import (
    AccountRequired,
    SignInBusy,
    TooFewAdministrators,
    WrongCredentials,
)
from services.batches import print_keys
from services.documents.accounts import ProposalDocument, describe_proposal
from services.documents.administration import (
    OrganisationDocument,
    PrintKeyDocument,
    describe_organisation,
    describe_print_key,
)
from services.errors import ConfirmationLimited, InvalidInput, OrganisationEnabled
from services.lists.administration import ORGANISATIONS
from services.lists.find import find_list_page
from services.organisations import organisations, registry
from services.permissions import Permission

routes = ApiRoutes("organisations")

_EDIT: Final = (Permission.REGISTRY_EDIT,)
_MANAGE: Final = (Permission.ACCOUNT_MANAGE,)
_KEYS: Final = (Permission.PRINT_KEY_EDIT,)


class OrganisationQuery(SortedPageQuery):
    """Which organisations are listed; sorted by `name`."""

    kind: OrganisationKind | None = None
    state: Literal["enabled", "disabled"] | None = None


class OrganisationListDocument(SortedListDocument):
    """Organisations, by name."""

    organisations: list[OrganisationDocument]


class OrganisationBody(Body):
    """The content of an organisation, whole."""

    name: Text
    kind: OrganisationKind
    address: Text | None = None
    province: Text | None = None
    """Two digits: where a packer works, what an authority answers for."""


class NewOrganisationBody(OrganisationBody):
    """An organisation to add; `id` names it for good."""

    id: Annotated[str, Field(pattern=organisations.ID_PATTERN)]


class OrganisationReasonBody(Body):
    """Why an organisation is disabled, or is to be enabled again; in the audit log."""

    reason: LongText


class PublicKeyBody(Body):
    """A public key of age or OpenSSH."""

    public_key: Annotated[str, Field(min_length=1, max_length=1000)]


class PrintKeyBody(PublicKeyBody):
    """A key to add, with what the account proves itself with: its reader reads every bundle."""

    label: Annotated[str, Field(max_length=print_keys.MAX_LABEL_LENGTH)] = ""
    password: str
    otp: str | None = None


class PrintKeyListDocument(BaseModel):
    """The keys of a print house, the oldest first, retired ones too."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    keys: list[PrintKeyDocument]


@routes.add("GET", "organisations", permissions=_EDIT, errors=(InvalidInput,))
async def list_organisations(call: ApiCall, query: OrganisationQuery) -> OrganisationListDocument:
    """Search, filter and sort organisations."""
    page = await find_list_page(call.context, ORGANISATIONS, query.to_request("kind", "state"))
    return OrganisationListDocument(
        organisations=[describe_organisation(read_organisation(row)) for row in page.rows],
        next=page.next,
        previous=page.previous,
    )


@routes.add(
    "POST", "organisations", permissions=_EDIT, status=201, errors=(InvalidInput, AlreadyExists)
)
async def add_organisation(call: ApiCall, body: NewOrganisationBody) -> OrganisationDocument:
    """Add an organisation; the same again changes nothing."""
    row = Organisation(
        id=body.id, kind=body.kind, name=body.name, address=body.address, province=body.province
    )
    added = await registry.add_organisation(call.context, row)
    call.headers["Location"] = f"/api/v1/organisations/{added.id}"
    return describe_organisation(added)


@routes.add("GET", "organisations/{organisation}", permissions=_EDIT, errors=(UnknownRow,))
async def show_organisation(call: ApiCall, organisation: str) -> OrganisationDocument:
    """Show an organisation; its ETag is what an edit names."""
    found = await organisations.get_organisation(call.context, organisation)
    return _answer(call, found.organisation)


@routes.add(
    "PUT",
    "organisations/{organisation}",
    permissions=_EDIT,
    has_version=True,
    errors=(InvalidInput, UnknownRow),
)
async def change_organisation(
    call: ApiCall, organisation: str, body: OrganisationBody
) -> OrganisationDocument:
    """Give an organisation other content."""
    changed = await organisations.change_organisation(
        call.context,
        organisation,
        body.name,
        body.kind,
        body.address,
        body.province,
        version=call.version,
    )
    return _answer(call, changed)


@routes.add(
    "POST",
    "organisations/{organisation}/disable",
    permissions=_MANAGE,
    errors=(InvalidInput, UnknownRow, TooFewAdministrators),
)
async def disable_organisation(
    call: ApiCall, organisation: str, body: OrganisationReasonBody
) -> OrganisationDocument:
    """Disable an organisation: its people, sessions and tokens are refused; twice is once."""
    return describe_organisation(
        await organisations.disable_organisation(call.context, organisation, body.reason)
    )


@routes.add(
    "POST",
    "organisations/{organisation}/enable",
    permissions=_MANAGE,
    status=201,
    has_key=True,
    errors=(
        InvalidInput,
        UnknownRow,
        OrganisationEnabled,
        AccountRequired,
        AlreadyProposed,
        KeyReused,
    ),
)
async def propose_enabling(
    call: ApiCall, organisation: str, body: OrganisationReasonBody
) -> ProposalDocument:
    """Propose that an organisation is enabled again; another person approves."""
    proposal = await organisations.propose_enabling(
        call.context, organisation, body.reason, call.key
    )
    call.headers["Location"] = f"/api/v1/proposals/{proposal.id}"
    return describe_proposal(proposal)


@routes.add(
    "GET", "organisations/{organisation}/print-keys", permissions=_KEYS, errors=(UnknownRow,)
)
async def list_print_keys(call: ApiCall, organisation: str) -> PrintKeyListDocument:
    """List the keys of a print house."""
    keys = await print_keys.list_keys(call.context, organisation)
    return PrintKeyListDocument(keys=[describe_print_key(key) for key in keys])


@routes.add(
    "POST",
    "organisations/{organisation}/print-keys",
    permissions=_KEYS,
    status=201,
    errors=(
        UnknownRow,
        InvalidInput,
        AlreadyExists,
        WrongCredentials,
        ConfirmationLimited,
        SignInBusy,
    ),
)
async def add_print_key(call: ApiCall, organisation: str, body: PrintKeyBody) -> PrintKeyDocument:
    """Encrypt the next bundles to a further key; one in use stays as it is."""
    key = await print_keys.add_confirmed_key(
        call.context,
        call.runtime.budgets,
        call.make_proof(body.password, body.otp),
        organisation,
        body.public_key,
        body.label,
    )
    return describe_print_key(key)


@routes.add(
    "POST",
    "organisations/{organisation}/print-keys/retire",
    permissions=_KEYS,
    errors=(UnknownRow, LastPrintKey),
)
async def retire_print_key(
    call: ApiCall, organisation: str, body: PublicKeyBody
) -> PrintKeyDocument:
    """Encrypt no further bundle to a key; twice is once."""
    key = await print_keys.retire_key(call.context, organisation, body.public_key)
    return describe_print_key(key)


def _answer(call: ApiCall, organisation: Organisation) -> OrganisationDocument:
    call.headers["ETag"] = f'"{registry.compute_version(organisation)}"'
    return describe_organisation(organisation)
