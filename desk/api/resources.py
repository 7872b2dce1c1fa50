"""All routes of the API, in the order of the OpenAPI document."""

from typing import Final

from desk.api import (
    account,
    alerts,
    audit_log,
    batches,
    bundles,
    devices,
    exports,
    lots,
    orders,
    organisations,
    photos,
    press,
    proofs,
    proposals,
    registered_codes,
    reports,
    settings,
    staff,
    stamps,
    transitions,
)

ROUTES: Final = (
    *account.routes.routes,
    *orders.routes.routes,
    *batches.routes.routes,
    *bundles.routes.routes,
    *press.routes.routes,
    *stamps.routes.routes,
    *transitions.routes.routes,
    *proposals.routes.routes,
    *lots.routes.routes,
    *photos.routes.routes,
    *proofs.routes.routes,
    *registered_codes.routes.routes,
    *alerts.routes.routes,
    *reports.routes.routes,
    *devices.routes.routes,
    *audit_log.routes.routes,
    *staff.routes.routes,
    *organisations.routes.routes,
    *settings.routes.routes,
    *exports.routes.routes,
)
