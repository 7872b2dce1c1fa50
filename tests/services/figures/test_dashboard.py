"""The dashboard: its scope, its parts, its balance."""

from dataclasses import replace

import pytest

from ledger import Organisation
from ledger.errors import UnknownRow
from services import ServiceContext
from services.errors import Forbidden, InvalidInput
from services.figures.dashboard import FigureQuery, show_figures
from services.figures.measures import MEASURES
from tests.services.office import ACTORS, Office

YEAR = FigureQuery()


async def province_office(office: Office, province: str = "66") -> ServiceContext:
    """The context of an authority that answers for a province."""
    id_ = f"so-{province}"
    await office.ledger.organisations.add(
        Organisation(id_, "authority", "Sở NN&MT", province=province)
    )
    actor = replace(ACTORS["authority"], organisation=id_, province=province)
    return replace(office.context("authority"), actor=actor)


async def work(office: Office) -> None:
    """Stamps of two packers, one in Đắk Lắk, one in Đồng Tháp."""
    for id_, province in (("krong-pac", "66"), ("tan-phuoc", "82")):
        known = await office.ledger.organisations.get(id_)
        await office.ledger.organisations.replace(replace(known, province=province))
    await office.print_batch(100)
    await office.issue_batch(40, packer="tan-phuoc")
    await office.ledger.figures.fold()


async def test_the_ministry_sees_provinces_and_a_province_sees_its_packers(
    office: Office,
) -> None:
    await work(office)
    ministry = await show_figures(office.context("authority"), YEAR)
    assert ministry.values["issued"] == 140
    assert [(part.key, part.values["issued"]) for part in ministry.provinces] == [
        ("66", 100),
        ("82", 40),
    ]
    assert ministry.packers == []
    own = await show_figures(await province_office(office), YEAR)
    assert (own.scope_province, own.values["issued"]) == ("66", 100)
    assert [part.key for part in own.packers] == ["krong-pac"]
    assert own.provinces == []
    assert own.packer_names.keys() == {"krong-pac"}


async def test_a_province_asks_in_vain_for_another_one_and_for_its_packers(
    office: Office,
) -> None:
    await work(office)
    context = await province_office(office)
    for query in (FigureQuery(province="82"), FigureQuery(packer="tan-phuoc")):
        with pytest.raises(UnknownRow):
            await show_figures(context, query)
    assert (await show_figures(context, FigureQuery(province="66"))).values["issued"] == 100


async def test_parts_add_up_to_the_whole(office: Office) -> None:
    await work(office)
    found = await show_figures(office.context("authority"), FigureQuery(period="month"))
    for parts in (found.times, found.provinces, found.products):
        for name, measure in MEASURES.items():
            if measure.is_sum:
                assert sum(part.values[name] or 0 for part in parts) == found.values[name], name


async def test_all_stamps_issued_are_in_a_state(office: Office) -> None:
    await work(office)
    balance = (await show_figures(office.context("authority"), YEAR)).balance
    assert (balance.issued, balance.counted, balance.difference) == (140, 140, 0)
    assert {state: n for state, n in balance.states.items() if n} == {"issued": 40, "printed": 100}
    assert balance.flawed == []


async def test_what_is_not_counted_yet_is_said(office: Office) -> None:
    await office.issue_batch()
    assert (await show_figures(office.context("authority"), YEAR)).is_current
    office.now += 60_000
    assert not (await show_figures(office.context("authority"), YEAR)).is_current
    await office.ledger.figures.fold()
    assert (await show_figures(office.context("authority"), YEAR)).is_current


async def test_figures_are_for_authorities(office: Office) -> None:
    for who in ("packer", "press", "issuer", "inspector"):
        with pytest.raises(Forbidden):
            await show_figures(office.context(who), YEAR)
    with pytest.raises(InvalidInput):
        await show_figures(office.context("authority"), FigureQuery(kind="weapons"))
    with pytest.raises(UnknownRow):
        await show_figures(office.context("authority"), FigureQuery(product="nothing"))
