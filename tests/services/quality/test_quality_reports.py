"""Reports on the quality of data: who sees which, and what the measures say."""

from dataclasses import replace

import pytest

from ledger.errors import UnknownRow
from services import ServiceContext
from services.errors import Forbidden, InvalidInput
from services.lots import lots
from services.paging import PageRequest
from services.quality.quality_measures import QUALITY_MEASURES, QualityCount
from services.quality.quality_reports import QualityQuery, list_quality, read_period, show_quality
from tests.services.office import NOW, Office, foreign_document


async def told(office: Office) -> None:
    await office.activate_batch(lot="L1")
    await lots.put_lot(office.context("other-packer"), foreign_document("L2"))
    await office.ledger.quality_facts.fold()


def of_province(context: ServiceContext, code: str) -> ServiceContext:
    return replace(context, actor=replace(context.actor, province=code))


async def test_an_organisation_sees_its_own_and_nothing_of_others(office: Office) -> None:
    await told(office)
    own = await show_quality(office.context("packer"), QualityQuery())
    assert own.measures["complete"] == QualityCount(1, 1)
    assert own.missing == []
    other = await show_quality(office.context("other-packer"), QualityQuery())
    assert other.measures["complete"] == QualityCount(0, 1)
    assert {item for item, _ in other.missing} >= {"packing_house"}
    for query in (QualityQuery(organisation="tan-phuoc"), QualityQuery(province="66")):
        with pytest.raises(UnknownRow):
            await show_quality(office.context("packer"), query)
    page = await list_quality(office.context("packer"), QualityQuery(), PageRequest())
    assert [row.organisation.id for row in page.items] == ["krong-pac"]
    with pytest.raises(Forbidden):
        await show_quality(office.context("inspector"), QualityQuery())


async def test_the_ministry_sees_all_and_a_province_its_own(office: Office) -> None:
    await told(office)
    ministry = office.context("authority")
    whole = await show_quality(ministry, QualityQuery())
    assert whole.measures["complete"] == QualityCount(1, 2)
    one = await show_quality(ministry, QualityQuery(organisation="tan-phuoc"))
    assert one.measures["complete"] == QualityCount(0, 1)
    first = await list_quality(ministry, QualityQuery(), PageRequest(1))
    assert first.next is not None
    rest = await list_quality(ministry, QualityQuery(), PageRequest(50, first.next))
    names = [row.organisation.id for row in (*first.items, *rest.items)]
    assert len(names) == len(set(names)) > 2
    province = of_province(ministry, "01")
    nothing = await show_quality(province, QualityQuery())
    assert nothing.measures["complete"] == QualityCount(0, 0)
    for query in (QualityQuery(organisation="tan-phuoc"), QualityQuery(province="66")):
        with pytest.raises(UnknownRow):
            await show_quality(province, query)


async def test_a_period_is_whole_months(office: Office) -> None:
    await told(office)
    ministry = office.context("authority")
    before = await show_quality(ministry, QualityQuery(until="2026-08"))
    assert before.measures["complete"].whole == 0
    period = read_period(QualityQuery(), NOW)
    assert (str(period.first), str(period.last)) == ("2025-10-01", "2026-09-01")
    for bad in (
        QualityQuery(since="x"),
        QualityQuery("2026-02", "2026-01"),
        QualityQuery("1900-01"),
    ):
        with pytest.raises(InvalidInput):
            await show_quality(ministry, bad)


async def test_a_measure_of_nothing_has_no_share() -> None:
    assert QualityCount(0, 0).share is None
    assert all(one.whole for one in QUALITY_MEASURES.values())
