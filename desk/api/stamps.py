"""`/api/v1/stamps`: look stamps up by serial range or code."""

from desk.api.call import ApiCall
from desk.api.routing import ApiRoutes
from ledger.errors import UnknownBatch
from services.documents import StampsDocument, describe_stamps
from services.permissions import Permission
from services.stamps import stamp_lookup
from stamps.errors import MalformedCode, UnknownCode
from stamps.serial_range import MalformedRange
from stamps.spans import SpanOutOfRange

routes = ApiRoutes("stamps")


@routes.add(
    "GET",
    "stamps/{stamps}",
    permissions=(Permission.STAMP_SEE,),
    errors=(UnknownBatch, UnknownCode, MalformedCode, MalformedRange, SpanOutOfRange),
)
async def look_up_stamps(call: ApiCall, stamps: str) -> StampsDocument:
    """Look stamps up by serial range or code, with their latest transitions."""
    return describe_stamps(await stamp_lookup.look_up_stamps(call.context, stamps))
