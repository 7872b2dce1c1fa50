"""Registered codes: every change is in the audit log, and codes out of force bind no stamp."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update

from ledger import CodeFilter, Ledger, LotFilter, LotRow, Organisation, RegisteredCode, schema
from ledger.codes.code_errors import CodeNotRegistered, CodeOutOfDate, CodeRevoked, CodeSuspended
from ledger.errors import UnknownRow
from ledger.storage.storage_errors import StorageFailed
from ledger.storage.store import Store
from stamps.lifecycle import Transition
from tests.ledger.conftest import NOW, Clock
from tests.ledger.world import printed

AREA = RegisteredCode("VN-ĐLOR-0123", "growing_area", "Vùng trồng Ea Kao", hectares=12.5)
HOUSE = RegisteredCode("VN-ĐLPH-0012", "packing_house", "HTX Krông Pắc")
DOCUMENT = {"growing_area": {"code": AREA.code}, "packing_house": {"code": HOUSE.code}}
DAY = 86_400_000


async def put(ledger: Ledger, *codes: RegisteredCode, action: str = "add") -> list[RegisteredCode]:
    return await ledger.registered_codes.change(
        [code.code for code in codes], lambda _: codes, action=action, actor="minh"
    )


async def list_found(ledger: Ledger, **wanted: Any) -> list[str]:
    found = CodeFilter(**wanted, today="2026-09-21")
    return [code.code for code in await ledger.registered_codes.find_page(found, limit=10)]


async def test_a_change_is_numbered_and_kept_with_what_it_was(ledger: Ledger, clock: Clock) -> None:
    (first,) = await put(ledger, AREA)
    assert (first.version, first.changed_by, first.status_at) == (1, "minh", NOW)
    clock.now += DAY
    (second,) = await put(ledger, replace(first, hectares=10.0, name="Ea Kao"), action="change")
    assert (second.version, second.status_at, second.changed_at) == (2, NOW, NOW + DAY)
    assert await ledger.registered_codes.get(AREA.code) == second
    entries = await ledger.audit.list_of_subject(f"registered_codes:{AREA.code}", limit=10)
    assert [(e.action, e.details["version"]) for e in entries] == [
        ("registered_code.change", 2),
        ("registered_code.add", 1),
    ]
    assert entries[0].details["changed"] == {
        "hectares": [12.5, 10.0],
        "name": ["Vùng trồng Ea Kao", "Ea Kao"],
    }
    (older,) = await ledger.audit.list_of_subject(
        f"registered_codes:{AREA.code}", before=entries[0].seq, limit=10
    )
    assert older == entries[1]
    assert (await ledger.audit.verify()).ok


async def test_the_same_content_again_changes_nothing(ledger: Ledger) -> None:
    (first,) = await put(ledger, AREA)
    head = await ledger.audit.get_head()
    assert await put(ledger, AREA) == [first]
    assert await ledger.audit.get_head() == head


async def test_many_codes_are_written_together_or_not_at_all(ledger: Ledger) -> None:
    many = [replace(AREA, code=f"VN-ĐLOR-{n:04d}") for n in range(1200)]
    with pytest.raises(StorageFailed, match=r"(?i)foreign key"):
        await put(ledger, *many, replace(HOUSE, organisation="nobody"))
    assert await list_found(ledger) == []
    assert len(await put(ledger, *many)) == 1200
    page = await ledger.registered_codes.find_page(CodeFilter(), after=("VN-ĐLOR-1197",), limit=10)
    assert [code.code for code in page] == ["VN-ĐLOR-1198", "VN-ĐLOR-1199"]
    changed = [replace(code, name="B") for code in many]
    assert {code.version for code in await put(ledger, *changed, action="import")} == {2}
    assert (await ledger.audit.verify()).ok


async def test_an_edited_row_is_found_by_the_audit(ledger: Ledger, url: str) -> None:
    await put(ledger, replace(AREA, status="revoked", status_reason="lent"))
    store, codes = Store(url), schema.registered_codes
    async with store.append() as connection:
        await connection.execute(update(codes).values(status="active"))
    await store.close()
    (problem,) = (await ledger.audit.verify()).problems
    assert (problem.table, problem.row, problem.what) == (
        "registered_codes",
        AREA.code,
        "was edited",
    )


async def test_codes_are_found_by_words_and_by_what_they_are(ledger: Ledger) -> None:
    await ledger.organisations.add(Organisation("krong-pac", "packer", "HTX"))
    suspended = replace(
        AREA, code="VN-TGOR-007", name="Cái Bè", status="suspended", status_reason="residue"
    )
    expired = replace(AREA, code="VN-TGOR-0008", valid_until="2026-09-20", province="82")
    pending = replace(AREA, code="VN-TGOR-0009", valid_from="2026-09-22")
    house = replace(HOUSE, organisation="krong-pac")
    await put(ledger, AREA, house, suspended, expired, pending)
    assert await list_found(ledger, words=["ea", "kao", "dlor"]) == [AREA.code]
    assert await list_found(ledger, words=["vndlor01"]) == [AREA.code]
    assert await list_found(ledger, words=["krong"]) == [HOUSE.code]
    assert await list_found(ledger, words=["rong"]) == []
    assert await list_found(ledger, organisation="krong-pac") == [HOUSE.code]
    assert await list_found(ledger, kind="packing_house") == [HOUSE.code]
    assert await list_found(ledger, province="82") == [expired.code]
    assert await list_found(ledger, condition="active") == [AREA.code, HOUSE.code]
    for condition, code in (("suspended", suspended), ("expired", expired), ("pending", pending)):
        assert await list_found(ledger, condition=condition) == [code.code]
    await put(ledger, replace(AREA, name="Buôn Kao"), action="change")
    assert await list_found(ledger, words=["ea"]) == [expired.code, pending.code]
    assert await ledger.registered_codes.find_similar("VN-DLOR-0123") == [AREA.code]


async def test_the_public_sees_no_household_that_did_not_agree(ledger: Ledger) -> None:
    named = replace(AREA, name="Vườn hộ Y Bih Niê", household="Y Bih Niê", province="66")
    plain = replace(AREA, code="VN-ĐLOR-0124", household="Y Bih Niê")
    agreed = replace(named, code="VN-ĐLOR-0125", household_agreed=True)
    await put(ledger, named, plain, agreed, HOUSE)
    public = await ledger.registered_codes.list_public(
        [named.code, plain.code, agreed.code, HOUSE.code, "VN-ĐLOR-9999"]
    )
    told = {code: (s.name, s.is_household, s.household) for code, s in public.items()}
    assert told == {
        named.code: (None, True, None),
        plain.code: (AREA.name, True, None),
        agreed.code: (agreed.name, True, "Y Bih Niê"),
        HOUSE.code: (HOUSE.name, False, None),
    }
    assert public[named.code].province == "66"
    entries = await ledger.audit.list_after()
    assert "Y Bih" not in str([e.details["changed"].get("household") for e in entries])


REFUSED = [
    (replace(AREA, status="revoked", status_reason="lent out"), CodeRevoked),
    (replace(HOUSE, status="suspended", status_reason="residue"), CodeSuspended),
    (replace(AREA, valid_until="2026-09-20"), CodeOutOfDate),
    (replace(AREA, valid_from="2026-09-22"), CodeOutOfDate),
]


@pytest.mark.parametrize(("code", "refusal"), REFUSED)
async def test_no_stamp_is_bound_under_a_code_out_of_force(
    ledger: Ledger, code: RegisteredCode, refusal: type[Exception]
) -> None:
    batch = await printed(ledger)
    await ledger.lots.save(LotRow("L1", DOCUMENT, ()))
    await put(ledger, code)
    with pytest.raises(refusal, match=code.code):
        await ledger.lots.check_binding("L1", batch)
    with pytest.raises(refusal):
        await ledger.transitions.apply(
            batch, 0, 5, Transition.ACTIVATE, actor="d", key="a", lot="L1"
        )
    assert [span.state for span in await ledger.transitions.list_spans(batch)] == ["printed"]
    restored = replace(code, status="active", valid_from=None, valid_until="2026-09-21")
    await put(ledger, restored, action="restore")
    await ledger.transitions.apply(batch, 0, 5, Transition.ACTIVATE, actor="d", key="a", lot="L1")


async def test_a_lot_newly_names_no_code_out_of_force(ledger: Ledger) -> None:
    await ledger.lots.save(LotRow("L1", DOCUMENT, ()))
    await put(ledger, replace(AREA, status="revoked", status_reason="lent out"))
    await ledger.lots.save(LotRow("L1", {**DOCUMENT, "brand": "A"}, ()))
    for lot in ("L2", "L3"):
        with pytest.raises(CodeRevoked):
            await ledger.lots.save(LotRow(lot, {"stages": [{"location": AREA.code}]}, ()))


async def test_codes_of_a_kind_must_be_registered_once_a_rule_says_so(ledger: Ledger) -> None:
    batch = await printed(ledger)
    await ledger.lots.save(LotRow("L1", DOCUMENT, ()))
    await ledger.lots.check_binding("L1", batch)
    rules = ledger.registered_codes
    for _ in range(2):
        await rules.set_rule("growing_area", is_registration_required=True, actor="minh")
    assert await rules.list_required_kinds() == {"growing_area"}
    with pytest.raises(CodeNotRegistered, match="VN-ĐLOR-0123 is not registered"):
        await ledger.lots.check_binding("L1", batch)
    with pytest.raises(CodeNotRegistered):
        await ledger.lots.save(LotRow("L2", DOCUMENT, ()))
    await put(ledger, AREA)
    await ledger.lots.check_binding("L1", batch)
    await rules.set_rule("growing_area", is_registration_required=False, actor="minh")
    assert await rules.list_required_kinds() == frozenset()
    entries = [e for e in await ledger.audit.list_after() if e.action == "registered_code.rule"]
    assert [e.details["is_registration_required"] for e in entries] == [True, False]
    assert (await ledger.audit.verify()).ok


async def test_lots_are_found_by_the_codes_that_they_name_now(ledger: Ledger, clock: Clock) -> None:
    for lot in ("L1", "L2", "L3"):
        clock.now += 1
        await ledger.lots.save(LotRow(lot, DOCUMENT, (), organisation=None))
    clock.now += 1
    await ledger.lots.save(LotRow("L1", {**DOCUMENT, "brand": "A"}, ()))
    await ledger.lots.save(LotRow("L2", {"packing_house": {"code": HOUSE.code}}, ()))

    async def find(code: str, **page: Any) -> list[str]:
        rows = await ledger.lots.find_page(LotFilter(names_code=code), limit=2, **page)
        return [row.code for row in rows]

    assert await find(AREA.code) == ["L1", "L3"]
    assert await find(HOUSE.code) == ["L2", "L1"]
    assert await find(HOUSE.code, after=(clock.now, "L1")) == ["L3"]


async def test_an_unknown_code_is_told(ledger: Ledger) -> None:
    with pytest.raises(UnknownRow, match="no registered code VN-X"):
        await ledger.registered_codes.get("VN-X")


async def test_days_are_judged_at_the_act_and_a_revocation_at_once(
    ledger: Ledger, clock: Clock
) -> None:
    batch = await printed(ledger)
    await ledger.lots.save(LotRow("L1", DOCUMENT, ()))
    (area,) = await put(ledger, replace(AREA, valid_until="2026-09-21"))
    clock.now += DAY

    async def activate(index: int, acted_at: int | None) -> None:
        await ledger.transitions.apply(
            batch,
            index,
            index + 1,
            Transition.ACTIVATE,
            actor="d",
            key=f"a{index}",
            lot="L1",
            acted_at=acted_at,
        )

    with pytest.raises(CodeOutOfDate):
        await activate(0, None)
    await activate(1, NOW)
    await put(ledger, replace(area, status="revoked", status_reason="lent out"))
    with pytest.raises(CodeRevoked):
        await activate(2, NOW)
