"""The pages for people: server-rendered HTML, in three languages, phone first.

None needs a script but the one that enrols a device, which makes a key. Scripts add what HTML alone
cannot do: `frame.js` runs on every signed-in page.
"""

from aiohttp import web

from desk.pages import (
    account,
    activation,
    actor_invitations,
    alerts,
    audit_log,
    authority_reports,
    batches,
    cartons,
    case_handling,
    case_minutes,
    catalogues,
    code_evidence,
    code_imports,
    code_recalls,
    data_exports,
    detection,
    devices,
    diary,
    diary_imports,
    diary_queue,
    downloads,
    exports,
    field,
    field_app,
    figures,
    guides,
    hearings,
    home,
    invitation_imports,
    invitations,
    join,
    keeping,
    links,
    lot_drafts,
    lot_form,
    lot_imports,
    lot_photos,
    lots,
    mail,
    mentions,
    one_time_codes,
    order_limits,
    orders,
    organisations,
    packer_app,
    places,
    print_keys,
    privacy,
    proofs,
    proposals,
    province,
    quality,
    registered_codes,
    reports,
    reviews,
    sessions,
    settings,
    sign_in,
    staff,
    stamps,
    tokens,
    traces,
    webhooks,
)
from desk.pages.app_files import INSTALLABLE
from desk.pages.assets import ASSETS
from desk.pages.routing import PageEndpoint, PageRoute, link_pages
from desk.runtime import DeskRuntime

ROUTES: tuple[PageRoute, ...] = (
    *sign_in.routes.routes,
    *home.routes.routes,
    *guides.routes.routes,
    *account.routes.routes,
    *one_time_codes.routes.routes,
    *invitations.routes.routes,
    *actor_invitations.routes.routes,
    *join.routes.routes,
    *mentions.routes.routes,
    *staff.routes.routes,
    *audit_log.routes.routes,
    *organisations.routes.routes,
    *places.routes.routes,
    *settings.routes.routes,
    *quality.routes.routes,
    *data_exports.routes.routes,
    *catalogues.routes.routes,
    *privacy.routes.routes,
    *activation.routes.routes,
    *packer_app.routes.routes,
    *lot_form.routes.routes,
    *links.routes.routes,
    *lot_drafts.routes.routes,
    *lot_imports.routes.routes,
    *lots.routes.routes,
    *diary.routes.routes,
    *diary_imports.routes.routes,
    *invitation_imports.routes.routes,
    *diary_queue.routes.routes,
    *lot_photos.routes.routes,
    *batches.routes.routes,
    *proofs.routes.routes,
    *print_keys.routes.routes,
    *downloads.routes.routes,
    *orders.routes.routes,
    *order_limits.routes.routes,
    *alerts.routes.routes,
    *detection.routes.routes,
    *case_handling.routes.routes,
    *cartons.routes.routes,
    *hearings.routes.routes,
    *province.routes.routes,
    *reviews.routes.routes,
    *case_minutes.routes.routes,
    *reports.routes.routes,
    *figures.routes.routes,
    *authority_reports.routes.routes,
    *field_app.routes.routes,
    *field.routes.routes,
    *stamps.routes.routes,
    *traces.routes.routes,
    *proposals.routes.routes,
    *code_recalls.routes.routes,
    *registered_codes.routes.routes,
    *code_evidence.routes.routes,
    *code_imports.routes.routes,
    *devices.routes.routes,
    *webhooks.routes.routes,
    *tokens.routes.routes,
    *sessions.routes.routes,
    *mail.routes.routes,
    *keeping.routes.routes,
    *exports.routes.routes,
)


def add_pages(app: web.Application, runtime: DeskRuntime) -> None:
    """Add the routes of all pages to the application."""
    for asset in ASSETS.values():
        app.router.add_get(asset.path, asset.serve)
    for installable in INSTALLABLE:
        installable.add_files(app)
    for route in link_pages(ROUTES):
        endpoint = PageEndpoint(route, runtime)
        if route.method == "GET":
            app.router.add_get(route.pattern, endpoint.handle)  # and HEAD
        else:
            app.router.add_route(route.method, route.pattern, endpoint.handle)


__all__ = ["ROUTES", "add_pages"]
