"""The outbox: what happened becomes messages, once each, and no message is lost or sent by two."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from ledger import (
    AlertState,
    Ledger,
    LotRow,
    Order,
    Organisation,
    PlaceRow,
    open_ledger,
)
from ledger.errors import (
    UnknownRow,
    WebhookDisabled,
    WebhooksFull,
    WebhookTestsLimited,
)
from ledger.notices.notice_events import EVENTS
from ledger.notices.notices import (
    DISABLED_AFTER_MS,
    KEPT_DEAD_MS,
    LIFETIME_MS,
    MOST_TESTS,
    Attempt,
    Notice,
)
from ledger.notices.webhooks import MOST_WEBHOOKS, Webhook
from ledger.record.epcis_events import NewEvent
from ledger.record.mention_rows import LOCATION_NAMES, PARTY_NAMES
from stamps.lifecycle import Transition
from tests.accounts import add_accounts
from tests.ledger.code_watch.test_code_watch import AREA, register
from tests.ledger.conftest import NOW, Clock
from tests.ledger.world import a_key, a_lot, allow_recall

LEASE = 60_000


def a_webhook(id_: str, organisation: str, *events: str) -> Webhook:
    return Webhook(
        id=id_,
        organisation=organisation,
        url=f"https://{organisation}.example/{id_}",
        label="",
        events=events or tuple(EVENTS),
        secret="sealed",
        made_at=NOW,
        made_by="an",
    )


async def furnish(ledger: Ledger, *organisations: str) -> None:
    """Organisations with a webhook each that asks for everything."""
    await add_accounts(ledger, "an", "binh")
    kinds = {"packer": "packer", "other": "packer", "press": "print_house", "ministry": "authority"}
    for name in organisations:
        await ledger.organisations.add(Organisation(name, kinds[name], name))  # type: ignore[arg-type]
        await ledger.webhooks.add(a_webhook(f"wh-{name}", name))


async def issue(ledger: Ledger, stamps: int = 10) -> int:
    order = Order(
        a_key(), stamps, "sealed", requested_by="an", packer="packer", print_house="press"
    )
    await ledger.orders.add(order)
    await ledger.orders.approve(order.id, actor="binh")
    batch = await ledger.batches.add(
        order=order.id, count=stamps, grade="sealed", epoch=0, host="h", actor="i", key=a_key()
    )
    await ledger.batches.set_manifest(batch.number, b"signed")
    return batch.number


async def told(ledger: Ledger, webhook: str) -> list[tuple[str, dict[str, Any]]]:
    await ledger.notices.relay()
    found = await ledger.notices.find_page(webhook, state=None, limit=99)
    return [(one.event, json.loads(one.body)["data"]) for one in found]


def names(rows: Sequence[tuple[str, Any]]) -> list[str]:
    return sorted(name for name, _ in rows)


async def test_each_organisation_is_told_what_is_its_own_and_an_authority_everything(
    ledger: Ledger,
) -> None:
    await furnish(ledger, "packer", "other", "press", "ministry")
    batch = await issue(ledger)

    async def act(transition: Transition, lo: int, hi: int, **more: Any) -> None:
        await ledger.transitions.apply(
            batch, lo, hi, transition, actor="press", key=a_key(), **more
        )

    await act(Transition.PRINT, 0, 6)
    assert "batch.printed" not in names(await told(ledger, "wh-press"))
    await act(Transition.VOID, 2, 4, reason="spoiled")
    await act(Transition.PRINT, 6, 10)
    await act(Transition.VOID, 9, 10, reason="spoiled")  # nothing is reported a second time
    await a_lot(ledger, "L1")
    await act(Transition.ACTIVATE, 4, 8, lot="L1")
    await ledger.audit.append(
        actor="desk", action="bundle.ready", subject=f"batches:{batch}", details={"format": "pdf"}
    )
    alert = await ledger.alerts.report("stamp", batch, 5, score=3.0, reasons=["x"])
    await ledger.alerts.decide(alert.id, AlertState.INVESTIGATING, actor="chi")
    key = await allow_recall(ledger, batch=batch)
    await ledger.transitions.recall_batch(batch, actor="chi", reason="food-safety", key=key)
    of_press = ["batch.issued", "batch.printed", "bundle.ready", "order.decided"]
    assert names(await told(ledger, "wh-press")) == of_press
    of_packer = await told(ledger, "wh-packer")
    assert names(of_packer) == [
        "batch.issued", "batch.printed", "order.decided", "stamps.activated", "stamps.recalled",
    ]  # fmt: skip
    assert dict(of_packer)["stamps.activated"] == {
        "batch": batch, "ranges": [f"{batch}·4-7"], "stamps": 4, "lot": "L1", "reason": None,
    }  # fmt: skip
    assert dict(of_packer)["batch.printed"] == {"batch": batch, "stamps": 10}
    assert await told(ledger, "wh-other") == []
    assert names(await told(ledger, "wh-ministry")) == sorted(
        {*names(of_packer), *of_press, "alert.opened", "alert.raised", "alert.decided"}
    )


async def test_what_happened_before_a_webhook_or_was_not_asked_for_is_not_told(
    ledger: Ledger, clock: Clock
) -> None:
    await furnish(ledger, "press", "packer")
    await issue(ledger)
    clock.now += 1
    late = replace(a_webhook("wh-late", "packer", "order.decided"), made_at=clock.now)
    await ledger.webhooks.add(late)
    await issue(ledger)
    assert len(await told(ledger, "wh-packer")) == 4
    assert names(await told(ledger, "wh-late")) == ["order.decided"]


async def test_several_relays_at_once_make_each_message_once(ledger: Ledger, url: str) -> None:
    await furnish(ledger, "press", "packer")
    for _ in range(3):
        await issue(ledger)
    others = [await open_ledger(url, clock=ledger.clock) for _ in range(2)]
    await asyncio.gather(*(one.notices.relay() for one in (ledger, *others)))
    assert len(await told(ledger, "wh-packer")) == 6
    for one in others:
        await one.close()


async def test_a_webhook_is_leased_by_one_worker_until_the_lease_ends(
    ledger: Ledger, url: str, clock: Clock
) -> None:
    await furnish(ledger, "press", "packer")
    await issue(ledger)
    await ledger.notices.relay()
    async with await open_ledger(url, clock=clock) as other:
        found = await asyncio.gather(
            *(one.notices.lease(lease_ms=LEASE, limit=9) for one in (ledger, other))
        )
        leased = [webhook for webhooks in found for webhook in webhooks]
        assert sorted(one.id for one in leased) == ["wh-packer", "wh-press"]
        assert await ledger.notices.lease(lease_ms=LEASE, limit=9) == []
        await ledger.notices.finish(next(one for one in leased if one.id == "wh-packer"))
        assert [one.id for one in await other.notices.lease(lease_ms=LEASE, limit=9)] == [
            "wh-packer"
        ]
        clock.now += LEASE  # the worker that leased the other one was killed
        assert len(await other.notices.lease(lease_ms=LEASE, limit=9)) == 2


async def first_due(ledger: Ledger, webhook: str) -> Notice:
    return (await ledger.notices.list_due(webhook, limit=1))[0]


def failed(at: int, wait: int = 5_000, status: int | None = 500) -> Attempt:
    return Attempt(at, status, "refused", "no", retry_at=at + wait, rest_until=at + 1_000)


async def test_a_failed_message_waits_dies_and_is_sent_again_with_its_id(
    ledger: Ledger, clock: Clock
) -> None:
    await furnish(ledger, "packer", "press")
    await issue(ledger)
    await ledger.notices.relay()
    notice = await first_due(ledger, "wh-press")
    await ledger.notices.record(notice, failed(clock.now))
    # The webhook rests a moment; its other message is not held up by the one that failed.
    assert [one.id for one in await ledger.notices.lease(lease_ms=LEASE, limit=9)] == ["wh-packer"]
    clock.now += 1_000
    assert [one.id for one in await ledger.notices.lease(lease_ms=LEASE, limit=9)] == ["wh-press"]
    assert (await first_due(ledger, "wh-press")).id != notice.id
    clock.now += LIFETIME_MS
    await ledger.notices.record(replace(notice, attempts=9), failed(clock.now))
    [dead] = await ledger.notices.find_page("wh-press", state="dead", limit=9)
    assert (dead.id, dead.attempts, dead.status, dead.answer) == (notice.id, 10, 500, "no")
    assert await ledger.notices.count_dead(["wh-press", "wh-packer"]) == {"wh-press": 1}
    again = await ledger.notices.resend("wh-press", notice.id, actor="an")
    assert (again.state, again.attempts, again.body) == ("waiting", 0, notice.body)
    await ledger.notices.record(again, Attempt(clock.now, 204))
    [sent] = await ledger.notices.find_page("wh-press", state="delivered", limit=9)
    assert sent.id == notice.id
    with pytest.raises(UnknownRow):
        await ledger.notices.resend("wh-packer", notice.id, actor="an")


@pytest.mark.parametrize(("wait", "status"), [(DISABLED_AFTER_MS, 500), (0, 410)])
async def test_a_webhook_that_fails_for_days_or_is_gone_is_disabled(
    ledger: Ledger, clock: Clock, wait: int, status: int
) -> None:
    await furnish(ledger, "packer", "press")
    await issue(ledger)
    await ledger.notices.relay()
    notice = await first_due(ledger, "wh-press")
    if wait:
        assert not await ledger.notices.record(notice, failed(clock.now))
    clock.now += wait
    assert await ledger.notices.record(notice, failed(clock.now, status=status))
    assert (await ledger.webhooks.get("wh-press")).state == "disabled"
    assert await ledger.notices.count_dead(["wh-press"]) == {"wh-press": 2}
    entries = {one.action: one for one in await ledger.audit.list_after()}
    assert entries["webhook.disable"].actor == "webhooks"
    with pytest.raises(WebhookDisabled):
        await ledger.notices.resend("wh-press", notice.id, actor="an")
    enabled = await ledger.webhooks.enable("wh-press", actor="an")
    assert (enabled.state, enabled.failures, enabled.failing_since) == ("active", 0, None)
    clock.now += KEPT_DEAD_MS + LEASE
    assert await ledger.notices.delete_old() == 2
    assert (await ledger.audit.verify(await ledger.transitions.get_head())).ok


async def test_webhooks_and_tests_are_limited(ledger: Ledger) -> None:
    await furnish(ledger, "press", "packer")
    for number in range(MOST_WEBHOOKS - 1):
        await ledger.webhooks.add(a_webhook(f"wh-{number}", "press"))
    with pytest.raises(WebhooksFull):
        await ledger.webhooks.add(a_webhook("wh-x", "press"))
    await ledger.webhooks.remove("wh-0", actor="an")
    with pytest.raises(UnknownRow):
        await ledger.webhooks.get("wh-0")
    await ledger.webhooks.add(a_webhook("wh-x", "press"))
    for _ in range(MOST_TESTS):
        await ledger.notices.add_test("wh-x", actor="an")
    with pytest.raises(WebhookTestsLimited):
        await ledger.notices.add_test("wh-x", actor="an")


async def test_an_authority_of_a_province_is_told_what_its_packers_do(ledger: Ledger) -> None:
    await furnish(ledger, "packer", "press")
    await ledger.organisations.replace(Organisation("packer", "packer", "packer", province="66"))
    for province in ("66", "82"):
        await ledger.organisations.add(
            Organisation(f"so-{province}", "authority", "Sở NN&MT", province=province)
        )
        await ledger.webhooks.add(a_webhook(f"wh-{province}", f"so-{province}"))
    batch = await issue(ledger)
    await ledger.alerts.report("stamp", batch, 5, score=3.0, reasons=["x"])
    other = names(await told(ledger, "wh-82"))
    assert other == ["alert.opened", "alert.raised"]  # cases are seen by every authority
    assert names(await told(ledger, "wh-66")) == sorted([*other, "batch.issued", "order.decided"])


def tell(number: int, *parties: str) -> NewEvent:
    keys = [("party", party) for party in parties]
    return NewEvent(f"{number:064}", "ObjectEvent", NOW, None, {}, {}, keys)


async def test_whom_events_name_is_told_once_a_report_what_waits_for_an_answer(
    ledger: Ledger, clock: Clock
) -> None:
    await furnish(ledger, "packer", "other", "ministry")
    await ledger.places.add(
        PlaceRow("kho", "warehouse", "Kho", organisation="other", gln="8935000000014")
    )
    named = f"{PARTY_NAMES}other", f"{LOCATION_NAMES[1]}8935000000014"
    report = [tell(1, named[0], f"{PARTY_NAMES}packer"), tell(2, *named), tell(3, "x:nobody")]
    await ledger.epcis_events.record("packer", report, actor="mai")
    await ledger.epcis_events.record("packer", report, actor="mai")  # sent twice, told once
    clock.now += 1
    await ledger.epcis_events.record("packer", [tell(4, named[1])], actor="mai")
    events = tuple(one.id for one in report[:2])
    assert [data for _, data in await told(ledger, "wh-other")] == [
        {"organisation": "other", "teller": "packer", "events": [f"{4:064}"], "mentions": 1},
        {"organisation": "other", "teller": "packer", "events": [*events], "mentions": 2},
    ]
    assert await told(ledger, "wh-packer") == []
    assert names(await told(ledger, "wh-ministry")) == ["mention.told"] * 2


async def test_the_grower_of_a_recalled_lot_is_told_and_no_other(ledger: Ledger) -> None:
    await furnish(ledger, "packer")
    for id_ in ("y-bih-nie", "y-hoa-mlo"):
        await ledger.organisations.add(Organisation(id_, "grower", id_))
        await ledger.webhooks.add(a_webhook(f"wh-{id_}", id_))
    await register(ledger, AREA, organisation="y-bih-nie")
    document = {"growing_area": {"code": AREA}}
    await ledger.lots.save(LotRow("L1", document, (), organisation="packer"))
    key = await allow_recall(ledger, lot="L1")
    await ledger.transitions.recall_lot("L1", actor="chi", reason="food-safety", key=key)
    assert await told(ledger, "wh-y-bih-nie") == [("lot.recalled", {"lot": "L1"})]
    assert await told(ledger, "wh-y-hoa-mlo") == []
    assert "lot.recalled" in names(await told(ledger, "wh-packer"))
