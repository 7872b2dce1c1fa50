"""The lists of staff, by name."""

from collections.abc import Mapping
from typing import Final

from services.lists.access import SESSIONS, TOKENS
from services.lists.administration import ACTOR_INVITATIONS, AUDIT, ORGANISATIONS, PLACES, STAFF
from services.lists.cases import ALERTS, FINDINGS, HEARINGS, REPORTS
from services.lists.codes import CODES
from services.lists.description import ListDescription
from services.lists.diary import DIARY
from services.lists.lots import CARTONS, LOTS
from services.lists.orders import BATCHES, ORDERS
from services.lists.proposals import PROPOSALS
from services.lists.reviews import SUBMISSIONS

LISTS: Final[Mapping[str, ListDescription]] = {
    one.name: one
    for one in (
        *(ORDERS, BATCHES, LOTS, ALERTS, PROPOSALS, CODES),
        *(STAFF, ORGANISATIONS, PLACES, AUDIT, REPORTS, TOKENS, SESSIONS),
        *(FINDINGS, HEARINGS, SUBMISSIONS, DIARY, CARTONS),
        ACTOR_INVITATIONS,
    )
}
