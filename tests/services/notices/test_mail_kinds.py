"""Kinds of e-mail: who is told of what."""

from ledger.notices.mail_addresses import MailAddress
from ledger.notices.mail_waiting import MailAccount
from ledger.notices.notice_events import HearingAsked, MentionTold, NoticeEvent, RecallApproved
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


def test_who_is_named_in_an_event_is_mailed_and_no_authority_is() -> None:
    named = MentionTold("vua-an", "krong-pac", ("0" * 64,), 1)
    event = NoticeEvent("mention.told", 0, named, "s", packers=frozenset({"vua-an"}))
    everybody = [account("buyer", "vua-an"), account("buyer", "x"), account("authority", "bo")]
    assert [
        (one.account.organisation, one.kind, one.mode) for one in choose_told(event, everybody)
    ] == [("vua-an", "mention", "digest")]


def test_the_grower_of_a_recalled_lot_is_mailed_at_once() -> None:
    growers = frozenset({"y-bih-nie"})
    event = NoticeEvent("lot.recalled", 0, RecallApproved("L1"), "s", growers=growers)
    told = choose_told(event, [account("grower", "y-bih-nie"), account("grower", "y-hoa-mlo")])
    assert [(one.account.organisation, one.mode) for one in told] == [("y-bih-nie", "at_once")]
