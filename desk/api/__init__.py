"""The API for machines: `/api/v1/…`, documented by the very table that dispatches it."""

from desk.api import alerts, batches, bundles, lots, orders, staff, transitions
from desk.routes import Table

TABLE = Table(
    [
        *staff.ROUTES,
        *orders.ROUTES,
        *batches.ROUTES,
        *bundles.ROUTES,
        *transitions.ROUTES,
        *lots.ROUTES,
        *alerts.ROUTES,
    ]
)
"""All routes of the API."""

__all__ = ["TABLE"]
