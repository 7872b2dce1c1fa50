"""Documents of product lists and of the administration of a province."""

from pydantic import BaseModel, ConfigDict

from ledger.lots.product_lists import ListEntry, ListKind
from services.province import ProvinceOverview
from stamps.timestamps import format_rfc3339


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True)


class ListEntryDocument(_Document):
    """A product on a list of a province or of the country."""

    id: str
    province: str | None
    """Code of the province; null: the whole country."""
    kind: ListKind
    product: str
    organisation: str | None
    """Whose product; null: of every organisation."""
    stars: int | None
    since: str
    until: str | None
    basis: str
    """Number of the decision."""
    basis_day: str
    note: str | None
    added_by: str
    added_at: str
    proposal: int | None
    """The proposal by which two people added it."""
    ended_by: str | None
    ended_at: str | None
    end_reason: str | None


class OwedReportDocument(_Document):
    """A report that is owed."""

    id: str
    due: str
    submitted: bool


class PortalDocument(_Document):
    """A webhook of the authority, and its messages that nobody took."""

    id: str
    label: str
    format: str | None
    enabled: bool
    dead: int


class ProvinceDocument(_Document):
    """A province as its authority administers it."""

    province: str
    parties: dict[str, int]
    """Organisations by kind, a thousand of each at most."""
    reviewers: list[str]
    """Accounts."""
    lists: list[ListEntryDocument]
    waiting_reviews: int
    reports: list[OwedReportDocument]
    portals: list[PortalDocument]


def describe_list_entry(one: ListEntry) -> ListEntryDocument:
    """The document of an entry."""
    return ListEntryDocument(
        id=one.id,
        province=one.province or None,
        kind=one.kind,
        product=one.product,
        organisation=one.organisation,
        stars=one.stars,
        since=one.since,
        until=one.until,
        basis=one.basis,
        basis_day=one.basis_day,
        note=one.note,
        added_by=one.added_by,
        added_at=format_rfc3339(one.added_at),
        proposal=one.proposal,
        ended_by=one.ended_by,
        ended_at=None if one.ended_at is None else format_rfc3339(one.ended_at),
        end_reason=one.end_reason,
    )


def describe_overview(found: ProvinceOverview) -> ProvinceDocument:
    """The document of a province."""
    return ProvinceDocument(
        province=found.province,
        parties={kind: counted.count for kind, counted in found.parties.items()},
        reviewers=[account for account, _ in found.reviewers],
        lists=[describe_list_entry(one) for one in found.lists.items],
        waiting_reviews=found.waiting.count,
        reports=[
            OwedReportDocument(
                id=one.id, due=one.due.isoformat(), submitted=one.submitted is not None
            )
            for one in found.reports
        ],
        portals=[
            PortalDocument(
                id=one.webhook.id,
                label=one.webhook.label,
                format=one.webhook.format,
                enabled=one.webhook.state == "active",
                dead=one.dead,
            )
            for one in found.portals
        ],
    )
