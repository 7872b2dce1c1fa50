"""Yearly reports: drafts, frozen versions, corrections."""

from datetime import date

import pytest

from ledger.errors import RowChanged, UnknownRow
from services.errors import Forbidden, InvalidInput
from services.figures.measures import MEASURES
from services.figures.reports import (
    get_report,
    list_due_reports,
    list_submitted_reports,
    submit_report,
)
from services.figures.templates import load_templates
from services.paging import PageRequest
from stamps.lifecycle import State
from tests.services.figures.test_dashboard import province_office, work
from tests.services.office import Office

MINISTRY = "ministry-year-2026-vn"
PROVINCE = "province-year-2026-66"


def test_every_indicator_has_a_source_and_both_languages() -> None:
    conditions = ("valid", "expiring", "expired", "suspended", "revoked")
    known = {
        *MEASURES,
        *(f"stock.{state}" for state in State),
        *(f"codes.{one}" for one in conditions),
        "lots.incomplete",
        "packers.active",
    }
    templates = load_templates().values()
    assert {one.due for one in templates} == {"11-30", "12-15", "12-25"}
    for template in templates:
        for one in template.indicators:
            assert one.source in known
            assert all((*one.name.values(), *one.unit.values()))
            assert one.name.keys() == one.unit.keys() == {"vi", "en"}


async def test_a_submitted_report_keeps_its_figures(office: Office) -> None:
    await work(office)
    context = office.context("authority")
    draft = await get_report(context, MINISTRY)
    assert (draft.submitted, draft.last_version, draft.due) == (None, 0, date(2026, 12, 25))
    values = {line.indicator: line.value for line in draft.lines}
    assert (values["issued"], values["printed"], values["recall-hours"]) == (140, 100, None)
    first = await submit_report(context, MINISTRY, follows=0)
    await office.issue_batch(60)
    await office.ledger.figures.fold()
    again = await get_report(context, MINISTRY)
    assert again.lines == first.lines == draft.lines
    assert again.submitted is not None
    assert (again.submitted.actor, again.submitted.at) == ("authority", office.now)
    now = {
        line.indicator: line.value
        for line in (await get_report(context, MINISTRY, is_draft=True)).lines
    }
    assert now["issued"] == 200


async def test_a_correction_is_a_version_with_a_reason(office: Office) -> None:
    await work(office)
    context = office.context("authority")
    await submit_report(context, MINISTRY, follows=0)
    assert (await submit_report(context, MINISTRY, follows=0)).last_version == 1  # sent twice
    with pytest.raises(InvalidInput):
        await submit_report(context, MINISTRY, follows=1)
    second = await submit_report(context, MINISTRY, follows=1, reason="Bổ sung tháng 11")
    assert second.last_version == 2
    with pytest.raises(RowChanged):
        await submit_report(context, MINISTRY, follows=1, reason="another")
    with pytest.raises(RowChanged):
        await submit_report(context, MINISTRY, follows=7, reason="another")
    page = await list_submitted_reports(context, PageRequest(limit=1))
    assert [one.version for one in page.items] == [2]
    rest = await list_submitted_reports(context, PageRequest(after=page.next))
    assert [one.version for one in rest.items] == [1]
    assert (await get_report(context, MINISTRY, version=1)).last_version == 2
    entries = await office.ledger.audit.list_of_subject(f"figure_reports:{MINISTRY}", limit=9)
    assert [entry.actor for entry in entries] == ["authority", "authority"]


async def test_a_province_submits_for_itself_and_the_ministry_reads_it(office: Office) -> None:
    await work(office)
    province, ministry = await province_office(office), office.context("authority")
    submitted = await submit_report(province, PROVINCE, follows=0)
    assert {line.indicator: line.value for line in submitted.lines}["issued"] == 100
    assert (await get_report(ministry, PROVINCE)).lines == submitted.lines
    with pytest.raises(UnknownRow):
        await submit_report(ministry, PROVINCE, follows=1, reason="for them")
    for id_ in (MINISTRY, "province-year-2026-82"):
        with pytest.raises(UnknownRow):
            await get_report(province, id_)
    due = [(one.template.id, one.year) for one in await list_due_reports(province)]
    assert ("province-year", 2026) in due
    assert all(template.startswith("province") for template, _ in due)


@pytest.mark.parametrize(
    "id_",
    ["", "x", "ministry-year-2027-vn", "ministry-year-1999-vn", "ministry-year-2026-66",
     "province-year-2026-vn", "province-year-2026-00", "ministry-year-２０２６-vn"],
)  # fmt: skip
async def test_reports_that_do_not_exist_are_unknown(office: Office, id_: str) -> None:
    with pytest.raises(UnknownRow):
        await get_report(office.context("authority"), id_)


async def test_only_authorities_submit(office: Office) -> None:
    for who in ("packer", "issuer", "inspector"):
        with pytest.raises(Forbidden):
            await submit_report(office.context(who), MINISTRY, follows=0)
