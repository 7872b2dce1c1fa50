"""Devices: a one-time code enrols a public key; revocation is final; the audit log knows all."""

import pytest
from sqlalchemy import select, update

from ledger import Device, Ledger, schema
from ledger.staff_errors import (
    DeviceKeyTaken,
    UnknownDevice,
    UnknownStaff,
    WrongEnrolmentCode,
)
from ledger.storage.store import Store
from tests.accounts import grant_role_to
from tests.ledger.conftest import NOW, Clock

CODE = "7K3M9Q2RX0VA"
KEY = b"k" * 32
MINUTE = 60_000


@pytest.fixture(autouse=True)
async def _accounts(ledger: Ledger, quick_passwords: None) -> None:
    for name in ("thanh", "bo"):
        await ledger.staff.add(
            name, name=name, role="inspector", password="sầu riêng Ri6 chín cây", at=NOW
        )


async def a_device(ledger: Ledger, account: str = "thanh", code: str = CODE) -> Device:
    return await ledger.devices.add(
        account,
        kind="inspector",
        label="Pixel",
        code=code,
        code_expires_at=NOW + 15 * MINUTE,
        actor=account,
    )


async def test_a_device_is_enrolled_by_its_code(ledger: Ledger) -> None:
    waiting = await a_device(ledger)
    assert (waiting.public_key, waiting.get_state(NOW)) == (None, "waiting")
    device = await ledger.devices.enrol(CODE, KEY)
    assert (device.id, device.account, device.kind) == (waiting.id, "thanh", "inspector")
    assert (device.public_key, device.enrolled_at) == (KEY, NOW)
    assert device.get_state(NOW) == "enrolled"
    assert await ledger.devices.get(device.id) == device
    assert await ledger.devices.get_many([device.id, "other"]) == {device.id: device}


async def test_a_lost_answer_is_given_again_to_the_same_key_only(ledger: Ledger) -> None:
    await a_device(ledger)
    device = await ledger.devices.enrol(CODE, KEY)
    assert await ledger.devices.enrol(CODE, KEY) == device
    with pytest.raises(WrongEnrolmentCode):
        await ledger.devices.enrol(CODE, b"x" * 32)
    assert await ledger.devices.get(device.id) == device


async def test_wrong_late_and_revoked_codes_enrol_nothing(ledger: Ledger, clock: Clock) -> None:
    device = await a_device(ledger)
    with pytest.raises(WrongEnrolmentCode):
        await ledger.devices.enrol("7K3M9Q2RX0VB", KEY)
    clock.now += 15 * MINUTE
    with pytest.raises(WrongEnrolmentCode):
        await ledger.devices.enrol(CODE, KEY)
    clock.now -= 1
    await ledger.devices.revoke(device.id, actor="thanh")
    with pytest.raises(WrongEnrolmentCode):
        await ledger.devices.enrol(CODE, KEY)
    assert (await ledger.devices.get(device.id)).public_key is None


async def test_a_key_belongs_to_one_device(ledger: Ledger) -> None:
    await a_device(ledger)
    await a_device(ledger, "bo", "000000000000")
    await ledger.devices.enrol(CODE, KEY)
    with pytest.raises(DeviceKeyTaken):
        await ledger.devices.enrol("000000000000", KEY)


async def test_a_revoked_device_stays_revoked(ledger: Ledger, clock: Clock) -> None:
    device = await a_device(ledger)
    await ledger.devices.enrol(CODE, KEY)
    with pytest.raises(UnknownDevice):
        await ledger.devices.revoke(device.id, actor="bo", account="bo")
    revoked = await ledger.devices.revoke(device.id, actor="thanh", account="thanh")
    assert revoked.get_state(NOW) == "revoked"
    clock.now += MINUTE
    assert await ledger.devices.revoke(device.id, actor="bo") == revoked
    with pytest.raises(WrongEnrolmentCode):
        await ledger.devices.enrol(CODE, KEY)


async def test_disabling_an_account_revokes_its_devices_for_good(ledger: Ledger) -> None:
    device, other = await a_device(ledger), await a_device(ledger, "bo", "000000000000")
    await ledger.devices.enrol(CODE, KEY)
    await ledger.staff.disable("thanh", actor="admin")
    assert (await ledger.devices.get(device.id)).revoked_at == NOW
    assert (await ledger.devices.get(other.id)).revoked_at is None
    await grant_role_to(ledger, "thanh", "inspector")
    assert (await ledger.devices.get(device.id)).revoked_at == NOW
    with pytest.raises(UnknownStaff):
        await a_device(ledger, "nobody")
    await ledger.staff.disable("bo", actor="admin")
    with pytest.raises(UnknownStaff):
        await a_device(ledger, "bo", "111111111111")


async def test_devices_are_listed_by_account_newest_first(ledger: Ledger, clock: Clock) -> None:
    first = await a_device(ledger)
    clock.now += 1
    second = await a_device(ledger, code="000000000000")
    other = await a_device(ledger, "bo", "111111111111")
    assert [d.id for d in await ledger.devices.list("thanh")] == [second.id, first.id]
    assert {d.id for d in await ledger.devices.list()} == {first.id, second.id, other.id}


async def test_the_code_is_not_stored(ledger: Ledger, url: str) -> None:
    await a_device(ledger)
    store = Store(url)
    async with store.read() as connection:
        [row] = (await connection.execute(select(schema.devices))).mappings()
    await store.close()
    assert CODE not in str(dict(row))


async def test_every_step_is_in_the_audit_log_and_a_foreign_key_is_found(
    ledger: Ledger, url: str
) -> None:
    device = await a_device(ledger)
    await ledger.devices.enrol(CODE, KEY)
    await ledger.devices.revoke(device.id, actor="bo")
    subject = f"devices:{device.id}"
    lines = [line for line in await ledger.audit.list_after() if line.subject == subject]
    assert [(line.action, line.actor) for line in lines] == [
        ("device.add", "thanh"),
        ("device.enrol", "thanh"),
        ("device.revoke", "bo"),
    ]
    assert (await ledger.audit.verify()).ok
    store = Store(url)
    async with store.append() as connection:
        await connection.execute(update(schema.devices).values(public_key=b"x" * 32))
    await store.close()
    problems = [str(problem) for problem in (await ledger.audit.verify()).problems]
    assert problems == [f"devices {device.id}: was edited"]


async def test_changes_name_the_devices(ledger: Ledger) -> None:
    heads = await ledger.changes.get_heads()
    device = await a_device(ledger)
    changed = await ledger.changes.get_changes_after(heads)
    assert (changed.devices, changed.lots, changed.batches) == ({device.id}, set(), {})
    await ledger.devices.revoke(device.id, actor="thanh")
    assert (await ledger.changes.get_changes_after(changed.heads)).devices == {device.id}
