"""Kinds of e-mail: who is told of what."""

from ledger.notices.mail_addresses import MailAddress
from ledger.notices.mail_waiting import MailAccount
from ledger.notices.notice_events import HearingAsked, NoticeEvent
from services.notices.mail_kinds import choose_told


def account(role: str, organisation: str | None) -> MailAccount:
    address = MailAddress(
        *(role, f"{role}@example.vn", "vi", 0, "active", None, None, {}, "any"),
        *(7, 0, 0),
    )
    return MailAccount(role, role, organisation, address)


def test_a_grower_is_mailed_that_it_is_asked_and_no_other_actor_is() -> None:
    asked = HearingAsked("5b1e0c9a77d2", "y-bih-nie", None, "L1", None)
    event = NoticeEvent("hearing.asked", 0, asked, "s", packers=frozenset({"y-bih-nie"}))
    told = choose_told(
        event,
        [
            account("grower", "y-bih-nie"),
            account("carrier", "y-bih-nie"),
            account("grower", "y-hoa-mlo"),
            account("grower", None),
        ],
    )
    assert [(one.account.organisation, one.kind) for one in told] == [
        ("y-bih-nie", "hearing_asked")
    ]
