"""What the packer's page asks of the desk: state, acts, shell, files; without a browser."""

import re
from typing import Any

from stamps.lifecycle import Transition
from stamps.timestamps import format_rfc3339
from tests.desk.people import Page, Somebody, somebody
from tests.desk.running_desk import KEYS, NOW, RunningDesk, lot_document, new_key

LOT = "DL-2026-0912"


async def get_json(person: Somebody, path: str) -> Any:
    async with person.session.get(person.desk.url + path) as answer:
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "no-store"
        return await answer.json()


async def send_act(person: Somebody, state: Any, **changes: str) -> tuple[int, Any]:
    fields = {
        "owner": state["account"],
        "csrf": state["csrf"],
        "key": "act-1",
        "first": "0",
        "last": "49",
        "lot": LOT,
        "acted_at": format_rfc3339(NOW),
        **changes,
    }
    url = f"{person.desk.url}/activate/acts"
    async with person.session.post(url, data=fields, allow_redirects=False) as answer:
        return answer.status, await answer.json()


async def test_a_phone_is_told_its_own_lots_and_batches_alone(desk: RunningDesk) -> None:
    number = await desk.printed(100)
    await desk.lot()
    async with somebody(desk, "mai") as mai, somebody(desk, "lan") as lan:
        own, other = [await get_json(person, "/activate/state") for person in (mai, lan)]
    assert [batch["number"] for batch in own["batches"]] == [number]
    assert [lot["code"] for lot in own["lots"]] == [LOT]
    assert (other["batches"], other["lots"]) == ([], [])
    assert own["queue_key"] != other["queue_key"]


async def test_the_key_of_a_queue_outlives_the_session(desk: RunningDesk) -> None:
    """Acts that wait on a phone stay readable after the next sign-in."""
    keys = set()
    for _ in range(2):
        async with somebody(desk, "mai") as mai:
            keys.add((await get_json(mai, "/activate/state"))["queue_key"])
    assert len(keys) == 1


async def test_an_act_is_recorded_once_and_its_receipt_is_shown(desk: RunningDesk) -> None:
    number = await desk.printed(100)
    await desk.lot()
    async with somebody(desk, "mai") as mai:
        state = await get_json(mai, "/activate/state")
        codes = [KEYS.ring.seal(number, index, index + 1)[0].decode() for index in (0, 49)]
        ends = dict(zip(("first", "last"), codes, strict=True))
        status, first = await send_act(mai, state, **ends)
        assert (status, first["range"], first["repeated"]) == (200, f"{number}·0-49", False)
        status, again = await send_act(mai, state, **ends)
        assert (status, again["count"], again["repeated"]) == (200, 50, True)
        receipt: Page = await mai.get(first["location"])
        assert "Đã kích hoạt 50 tem" in receipt.text
    async with somebody(desk, "lan") as lan:
        assert (await lan.get(first["location"])).status == 404
    assert (await desk.ledger.transitions.compute_balance(number)).activated == 50


async def test_acts_that_can_not_be_recorded_are_answered_as_problems(desk: RunningDesk) -> None:
    number = await desk.printed(100)
    await desk.lot()
    async with somebody(desk, "mai") as mai:
        state = await get_json(mai, "/activate/state")
        for changes, expected in (
            ({"owner": "lan"}, (409, "/problems/foreign-act")),
            ({"batch": str(number), "last": "100"}, (422, "/problems/span-out-of-range")),
            ({"batch": str(number), "lot": "none"}, (404, "/problems/unknown-lot")),
            ({"first": "https://example.vn/menu/1"}, (422, "/problems/malformed-code")),
            ({"batch": str(number), "key": ""}, (400, "/problems/key-required")),
        ):
            status, problem = await send_act(mai, state, **changes)
            assert (status, problem["type"]) == expected
            assert problem["title"]
    assert (await desk.ledger.transitions.compute_balance(number)).activated == 0


async def test_the_shell_and_the_files_belong_to_nobody(desk: RunningDesk) -> None:
    await desk.printed(100)
    await desk.lot()
    async with somebody(desk, "mai") as mai, somebody(desk) as stranger:
        shells = [await person.get("/activate/shell") for person in (mai, stranger)]
        assert shells[0].html == shells[1].html
        assert LOT not in shells[0].html
        assert "Nguyễn Thị Mai" not in shells[0].html
        worker = await stranger.get("/activate/worker.js")
        assert worker.headers["Service-Worker-Allowed"] == "/activate"
        assert worker.headers["Cache-Control"] == "no-cache"
        manifest = await get_manifest(stranger)
        assert (manifest["scope"], manifest["lang"]) == ("/activate", "vi")
        for icon in manifest["icons"]:
            async with stranger.session.get(desk.url + icon["src"]) as answer:
                assert answer.content_type == "image/png"


async def get_manifest(person: Somebody) -> Any:
    url = f"{person.desk.url}/activate/manifest.webmanifest"
    async with person.session.get(url) as answer:
        return await answer.json(content_type="application/manifest+json")


async def test_a_page_without_a_form_still_changes_its_language(desk: RunningDesk) -> None:
    async with somebody(desk, "mai") as mai:
        page = await mai.get("/activate")
        assert 'href="/activate?lang=en"' in page.html
        assert 'form="activate-form"' not in page.html


async def test_a_lot_that_was_chosen_is_offered_however_old_it_is(desk: RunningDesk) -> None:
    await desk.printed(100)
    await desk.lot("OLD-1")
    for number in range(31):
        desk.clock.now = NOW + number * 1000
        document = lot_document(f"NEW-{number}")
        await desk.fetch("mai", "PUT", f"/lots/NEW-{number}", document)
    async with somebody(desk, "mai") as mai:
        assert 'value="OLD-1"' not in (await mai.get("/activate")).html
        assert 'value="OLD-1" required checked' in (await mai.get("/activate?lot=OLD-1")).html


async def test_an_act_keeps_its_time_and_is_the_same_when_it_is_sent_later(
    desk: RunningDesk,
) -> None:
    """A phone that had no answer sends the act again, minutes or hours later."""
    number = await desk.printed(100)
    await desk.lot()
    minute = 60_000
    async with somebody(desk, "mai") as mai:
        for passed, is_repeated in ((1, False), (10, True), (29, True)):
            desk.clock.now = NOW + passed * minute
            state = await get_json(mai, "/activate/state")
            status, answer = await send_act(mai, state, batch=str(number))
            assert (status, answer["repeated"]) == (200, is_repeated)
        rest = {"batch": str(number), "first": "50", "last": "99", "key": "k2"}
        status, late = await send_act(mai, state, **rest)
        assert status == 200
        receipt = await mai.get(late["location"])
        assert "ghi nhận lúc" in receipt.text
        # A phone whose clock is a day ahead knows how long ago it was.
        day = 24 * 60 * minute
        times = {"acted_at": NOW + day, "sent_at": NOW + day + 20 * minute}
        ahead = {name: format_rfc3339(at) for name, at in times.items()}
        number_2 = await desk.printed(100)
        status, _ = await send_act(mai, state, batch=str(number_2), key="k4", **ahead)
        assert status == 200
        span = await desk.ledger.transitions.get_span(number_2, 0)
        assert span.activated_at == desk.clock.now - 20 * minute
        old = format_rfc3339(NOW - 73 * 60 * minute)
        status, problem = await send_act(mai, state, batch=str(number), acted_at=old, key="k3")
        assert (status, problem["type"]) == (400, "/problems/invalid-input")
    span = await desk.ledger.transitions.get_span(number, 60)
    assert span.activated_at == NOW


async def test_an_activation_is_undone_from_its_receipt_while_that_is_allowed(
    desk: RunningDesk,
) -> None:
    number = await desk.printed(100)
    await desk.lot()
    await desk.ledger.transitions.apply(
        number, 10, 12, Transition.VOID, actor="in", key=new_key(), reason="damaged"
    )
    async with somebody(desk, "mai") as mai:
        state = await get_json(mai, "/activate/state")
        _, answer = await send_act(mai, state, batch=str(number))
        receipt = await mai.get(answer["location"])
        path = re.search(r'action="(/activate/undo[^"]+)"', receipt.html)
        assert path
        act = receipt.hidden("act")
        undone = await mai.submit(receipt, path[1], act=act)
        assert f"Đã hoàn tác: {number}·0-49" in undone.text
        assert (await desk.ledger.transitions.compute_balance(number)).activated == 0
        refused = await mai.submit(receipt, path[1], act=act, key="another")
        assert refused.path.startswith("/activate/done?act=")
        assert "chưa tem nào thay đổi" in refused.text
        _, answer = await send_act(mai, state, batch=str(number), key="act-2")
        desk.clock.now += 16 * 60_000
        assert "/activate/undo" not in (await mai.get(answer["location"])).html
    async with somebody(desk, "lan") as lan:
        page = await lan.get("/account")
        stranger = await lan.submit(page, f"/activate/undo?act={act}", act=act, key="k")
        assert stranger.status == 404
    assert (await desk.ledger.transitions.compute_balance(number)).activated == 48
