"""Digests: what waits for a person, once a day at an hour of the day in Vietnam.

The tasks are those of the home page (`services.home`), counted as the account would see them. An
account for which nothing waits gets no digest.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ledger import Ledger
from ledger.notices.mail_waiting import MailAccount, Told
from ledger.notices.notice_events import NoticeEvent
from services.context import ServiceContext
from services.home import list_tasks
from services.notices.mail_kinds import TASKS, choose_told, get_mode, make_actor
from stamps.vietnam_time import to_day_number, to_day_start

HOUR_MS: Final = 3_600_000


def find_next_digest(hour: int, now: int) -> int:
    """The next time that it is so many hours in Vietnam, after now; milliseconds.

    >>> find_next_digest(7, 0) // 3_600_000, find_next_digest(7, 0) - find_next_digest(8, 0)
    (24, 82800000)
    """
    today = to_day_number(now)
    due = to_day_start(today) + hour * HOUR_MS
    return due if due > now else to_day_start(today + 1) + hour * HOUR_MS


@dataclass(frozen=True, slots=True)
class StaffMailRules:
    """Recipients of notices by mail, as the worker asks (`notices.mail_worker.MailRules`)."""

    ledger: Ledger
    clock: Callable[[], int]

    def choose(self, event: NoticeEvent, accounts: Sequence[MailAccount]) -> Iterable[Told]:
        """Return the accounts that an event is mailed to, and how."""
        return choose_told(event, accounts)

    def find_next_digest(self, hour: int, now: int) -> int:
        """When the next digest at an hour is due."""
        return find_next_digest(hour, now)

    async def describe_tasks(self, account: MailAccount) -> list[dict[str, Any]]:
        """Return what waits for an account, with the paths of its lists; empty if unwanted."""
        if get_mode(account.address.choices, TASKS) == "never":
            return []
        context = ServiceContext(self.ledger, make_actor(account), self.clock)
        return [
            {
                "task": task.name,
                "count": task.counted.count,
                "is_more": task.counted.is_more,
                "path": task.path,
            }
            for task in await list_tasks(context)
            if task.counted.count
        ]
