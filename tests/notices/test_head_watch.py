"""Heads that do not reach their place are told once for each outage."""

# ruff: noqa: F811 - fixtures

from ledger.audit.head_statement import HeadStatement, SignedHead
from notices.head_watch import LATE_MS, HeadWatch
from tests.issuer.heads.signing import KEY
from tests.services.conftest import furnished, office  # noqa: F401 - fixtures
from tests.services.office import NOW, Office


async def sign(office: Office) -> SignedHead:
    heads = await office.ledger.chains.prove_extension(None)
    return KEY.sign(HeadStatement(KEY.ledger, heads, office.now, None, 0))


async def test_an_outage_is_recorded_once_and_the_next_one_again(
    office: Office,
) -> None:
    newest = [await sign(office)]
    now = [NOW]
    watch = HeadWatch(office.ledger, lambda: newest[0], lambda: now[0])
    now[0] += LATE_MS
    assert not await watch.compare()  # every row is covered
    await office.ledger.audit.append(actor="a", action="alert.note", subject="alerts:1")
    now[0] = NOW + LATE_MS - 1
    assert not await watch.compare()  # a head is on its way
    now[0] = NOW + LATE_MS
    assert await watch.compare()
    assert not await watch.compare()
    newest[0] = await sign(office)
    await office.ledger.audit.append(actor="a", action="alert.note", subject="alerts:1")
    assert await watch.compare()
    entries = [e for e in await office.ledger.audit.list_after() if e.action == "heads.unpushed"]
    assert [entry.details["minutes"] for entry in entries] == [15, 15]
