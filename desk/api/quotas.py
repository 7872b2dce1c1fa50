"""`/api/v1/quotas`: how many stamps each packer may be given in a calendar year."""

from typing import Annotated, Final

from pydantic import Field

from desk.api.call import ApiCall
from desk.api.models import Body, ListDocument, PageQuery
from desk.api.routing import ApiRoutes
from ledger.errors import UnknownRow
from ledger.orders.order_rules import MAX_COUNT
from services.documents import QuotaDocument, describe_quota
from services.errors import InvalidInput
from services.orders import order_limits
from services.permissions import Permission

routes = ApiRoutes("quotas")

_SEE: Final = (Permission.QUOTA_SET, Permission.BALANCE_SEE)


class QuotaQuery(PageQuery):
    """The quotas of which year are listed; of this one by default."""

    year: int | None = None


class QuotaBody(Body):
    """The stamps of a packer in the year; null for no quota."""

    stamps: Annotated[int, Field(ge=0, le=MAX_COUNT)] | None


class QuotaListDocument(ListDocument):
    """Packers with their quotas, by id."""

    quotas: list[QuotaDocument]


@routes.add("GET", "quotas", permissions=_SEE, errors=(InvalidInput,))
async def list_quotas(call: ApiCall, query: QuotaQuery) -> QuotaListDocument:
    """List the packers with quota, used and left."""
    page = await order_limits.list_quotas(
        call.context, year=query.year, limit=query.limit, after=query.after
    )
    return QuotaListDocument(quotas=[describe_quota(one) for one in page.items], next=page.next)


@routes.add(
    "PUT",
    "quotas/{organisation}/{year}",
    permissions=(Permission.QUOTA_SET,),
    errors=(UnknownRow, InvalidInput),
)
async def set_quota(call: ApiCall, organisation: str, year: int, body: QuotaBody) -> QuotaDocument:
    """Set the quota of a packer in a year; twice is once."""
    quota = await order_limits.set_quota(call.context, organisation, year, body.stamps)
    return describe_quota(quota)
