"""Search of the audit log by person, act, subject and period."""

import pytest

from tests.desk.people import somebody
from tests.desk.running_desk import NOW, RunningDesk

pytestmark = pytest.mark.usefixtures("quick_passwords")

DAY = 86_400_000


async def note(desk: RunningDesk, actor: str, action: str, subject: str, at: int = NOW) -> int:
    return await desk.ledger.audit.append(actor=actor, action=action, subject=subject, at=at)


async def find(desk: RunningDesk, **query: str) -> list[int]:
    asked = "&".join(f"{name}={text}" for name, text in query.items())
    found = await desk.fetch("tri", "GET", f"/audit?{asked}")
    return [entry["seq"] for entry in found["entries"]]


async def test_entries_are_found_by_person_act_subject_and_period(desk: RunningDesk) -> None:
    one = await note(desk, "hoa", "probe.begin", "thing:1")
    two = await note(desk, "hoa", "probe.end", "thing:2", NOW + 3 * DAY)
    three = await note(desk, "ba", "probes.end", "thing:1", NOW + 5 * DAY)
    assert await find(desk, person="hoa") == [two, one]
    assert await find(desk, act="probe.") == [two, one]
    assert await find(desk, act="probe.end") == [two]
    assert await find(desk, subject="thing:1") == [three, one]
    assert await find(desk, subject="thing:1", person="ba", act="probes.end") == [three]
    assert await find(desk, act="probe.", since="2026-09-24", until="2026-09-26") == [two]
    assert await find(desk, since="2027-01-01") == []


async def test_pages_follow_each_other_and_wrong_days_are_named(desk: RunningDesk) -> None:
    numbers = [await note(desk, "hoa", "probe", "thing:1") for _ in range(5)]
    seen, after = [], ""
    for _ in range(3):
        page = await desk.fetch("tri", "GET", f"/audit?act=probe&limit=2{after}")
        seen += [entry["seq"] for entry in page["entries"]]
        after = f"&after={page['next']}"
    assert seen == numbers[::-1]
    assert page["next"] is None
    for wrong in ("since=x", "until=2026-13-01", "after=x"):
        assert (await desk.call("tri", "GET", f"/audit?{wrong}")).status == 400


async def test_administrators_read_the_log_on_its_page_and_others_do_not(
    desk: RunningDesk,
) -> None:
    async with somebody(desk, "tri") as tri, somebody(desk, "mai") as mai:
        page = await tri.get("/audit?subject=staff:mai&act=staff.sign-in")
        assert "staff.sign-in" in page.text
        assert (await mai.get("/audit")).status == 403
    assert (await desk.call("mai", "GET", "/audit")).status == 403
