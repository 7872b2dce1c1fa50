"""The list of submitted versions of lots."""

from typing import Final

from ledger import SubmissionState
from ledger.lists.reviews import SUBMISSIONS as TABLE
from services import scope
from services.context import ServiceContext
from services.lists.description import Groups, ListColumn, ListDescription, ListFilter
from services.lists.search import search_submissions
from services.permissions import Permission


def _scope_submissions(context: ServiceContext) -> Groups:
    """Scope as in `scope.lot_scope`."""
    wanted = scope.lot_scope(context.actor)
    if wanted.province is not None:
        return [[("province", wanted.province)]]
    return [] if wanted.organisation is None else [[("organisation", wanted.organisation)]]


SUBMISSIONS: Final = ListDescription(
    name="reviews",
    table=TABLE,
    permissions=(Permission.LOT_SEE,),
    columns=(
        ListColumn("lot", "text"),
        ListColumn("product", "product", below="lot"),
        ListColumn("organisation", "organisation"),
        ListColumn("version", "count"),
        ListColumn("submitted_at", "moment", sort="submitted_at"),
        ListColumn("submitted_by", "person", below="submitted_at"),
        ListColumn("state", "slug", family="submission_state"),
        ListColumn("reviewers", "count", is_exported_only=True),
        ListColumn("sha256", "text", is_exported_only=True),
        ListColumn("updated_at", "moment", is_exported_only=True),
    ),
    filters=(
        ListFilter("state", "choice", choices=tuple(SubmissionState), family="submission_state"),
        ListFilter("product", "product"),
        ListFilter("organisation", "organisation", organisation_kind="packer"),
        ListFilter("province", "province"),
    ),
    sorts={"submitted_at": int},
    key_type=int,
    default_sort="submitted_at",
    scope=_scope_submissions,
    search=search_submissions,
    defaults={"state": (SubmissionState.SUBMITTED, SubmissionState.APPROVED)},
)
