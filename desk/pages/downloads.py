"""Downloads by link: files of a bundle for a download program, which has no session."""

from aiohttp import web

from desk.files import file_response, find_taken_bytes
from desk.pages.call import PageCall
from desk.pages.routing import PageRoutes
from ledger.errors import UnknownBatch
from ledger.staff_errors import UnknownStaff
from services.batches import bundles
from services.batches.download_links import LIFETIME_SECONDS
from services.errors import DeadDownloadLink, Forbidden

routes = PageRoutes()


@routes.add("GET", "/download/{token}/{file}", is_open=True)
async def download_by_link(call: PageCall, token: str, file: str) -> web.StreamResponse:
    """A file of a bundle, as the account that made the link; `Range` resumes."""
    runtime = call.runtime
    link = runtime.links.open(token)
    dead = DeadDownloadLink(hours=LIFETIME_SECONDS // 3600)
    try:
        staff = await runtime.dependencies.ledger.staff.get(link.account)
        if staff.is_barred:
            raise dead
        found = await bundles.open_bundle_file(
            runtime.dependencies.context_of(staff),
            runtime.bundles,
            link.batch,
            link.form,
            file,
            lambda size: find_taken_bytes(call.request, size),
        )
    except (UnknownStaff, UnknownBatch, Forbidden):
        raise dead from None
    return file_response(found)
