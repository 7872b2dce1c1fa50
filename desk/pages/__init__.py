"""The pages for people: rendered here, without any script, in three languages, phone first."""

from desk.access import Access
from desk.pages.activate import Activate
from desk.pages.alerts import Alerts
from desk.pages.batches import Batches
from desk.pages.lots import Lots
from desk.pages.orders import Orders
from desk.pages.sign import Sign
from desk.pages.stamps import Stamps
from desk.routes import Table


def table(access: Access) -> Table:
    """All pages' routes."""
    rooms = (Sign, Activate, Lots, Batches, Orders, Alerts, Stamps)
    return Table(route for room in rooms for route in room(access).routes())


__all__ = ["table"]
