"""Search of the audit log by person, act, subject and period."""

import re

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
    assert await find(desk, actor="hoa") == [two, one]
    assert await find(desk, action="probe.") == [two, one]
    assert await find(desk, action="probe.end") == [two]
    assert await find(desk, subject="thing:1") == [three, one]
    assert await find(desk, subject="thing:1", actor="ba", action="probes.end") == [three]
    assert await find(desk, action="probe.", since="2026-09-24", until="2026-09-26") == [two]
    assert await find(desk, since="2027-01-01") == []


async def test_pages_follow_each_other_and_wrong_days_are_named(desk: RunningDesk) -> None:
    numbers = [await note(desk, "hoa", "probe", "thing:1") for _ in range(5)]
    seen, after = [], ""
    for _ in range(3):
        page = await desk.fetch("tri", "GET", f"/audit?action=probe&limit=2{after}")
        seen += [entry["seq"] for entry in page["entries"]]
        after = f"&after={page['next']}"
    assert seen == numbers[::-1]
    assert page["next"] is None
    for wrong in ("since=x", "until=2026-13-01", "after=x"):
        assert (await desk.call("tri", "GET", f"/audit?{wrong}")).status == 400


async def test_administrators_read_the_log_on_its_pages_and_others_do_not(
    desk: RunningDesk,
) -> None:
    seq = await desk.ledger.audit.append(
        actor="tri", action="staff.probe", subject="staff:mai", details={"why": "<b>"}, at=NOW
    )
    async with somebody(desk, "tri") as tri, somebody(desk, "mai") as mai:
        page = await tri.get("/audit?subject=staff:mai&action=staff.sign-in")
        assert "Đăng nhập" in page.text
        assert "tài khoản Nguyễn Thị Mai" in page.text
        entry = await tri.get(f"/audit/{seq}")
        assert "Đặng Thị Trị" in entry.text
        assert 'href="/staff/mai"' in entry.html
        assert "&lt;b&gt;" in entry.html
        assert (await tri.get("/audit/999999")).status == 404
        for path in ("/audit", f"/audit/{seq}", "/export/audit/csv"):
            assert (await mai.get(path)).status == 403
    assert (await desk.call("mai", "GET", "/audit")).status == 403


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("thing:1", ["one"]),
        ("probe.", ["two", "one"]),
        ("probe.end", ["two"]),
        ("hoa", ["one"]),
        ("nguyen mai", ["three"]),
        ("krong pac", ["four"]),
        ("nobody", []),
    ],
)
async def test_entries_are_found_by_what_people_type(
    desk: RunningDesk, typed: str, wanted: list[str]
) -> None:
    numbers = {
        await note(desk, "hoa", "probe.begin", "thing:1"): "one",
        await note(desk, "ba", "probe.end", "thing:2"): "two",
        await note(desk, "ba", "staff.probe", "staff:mai"): "three",
        await note(desk, "ba", "organisation.probe", "organisations:krong-pac"): "four",
    }
    async with somebody(desk, "tri") as tri:
        page = await tri.get(f"/audit?q={typed.replace(' ', '+')}")
    found = re.findall(r'<th scope="row"><a href="/audit/(\d+)"', page.html)
    assert [numbers[int(n)] for n in found if int(n) in numbers] == wanted
