"""Devices: added by the holder of an account, enrolled by a code, revoked by holder or operator."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import Role
from ledger.staff_errors import UnknownDevice, UnknownStaff, WrongEnrolmentCode
from services.accounts import devices
from services.errors import Forbidden, InvalidInput
from stamps.device_enrolment import MalformedEnrolment, format_enrolment_code, sign_enrolment
from tests.accounts import grant_role_to
from tests.services.office import NOW, Office

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
ACCOUNTS: tuple[Role, ...] = ("inspector", "authority", "packer")


@pytest.fixture(autouse=True)
async def _accounts(office: Office, quick_passwords: None) -> None:
    for role in ACCOUNTS:
        await grant_role_to(office.ledger, role, role)


@pytest.mark.parametrize(("who", "kind"), [("inspector", "inspector"), ("authority", "app")])
async def test_what_a_device_counts_as_follows_from_the_role(
    office: Office, who: str, kind: str
) -> None:
    added = await devices.add_device(office.context(who), "  Pixel ")
    typed = format_enrolment_code(added.code).lower()  # as people type it
    device = await devices.enrol_device(office.ledger, sign_enrolment(KEY, typed), at=NOW)
    assert (device.account, device.kind, device.label) == (who, kind, "Pixel")
    assert device.public_key == KEY.public_key().public_bytes_raw()
    assert list(await devices.list_devices(office.context(who))) == [device]


@pytest.mark.parametrize("who", ["packer", "press", "issuer"])
async def test_other_roles_have_no_devices(office: Office, who: str) -> None:
    context = office.context(who)
    for call in (
        devices.add_device(context, "x"),
        devices.list_devices(context),
        devices.revoke_device(context, "x"),
    ):
        with pytest.raises(Forbidden):
            await call


async def test_the_operator_adds_a_device_for_an_account(office: Office) -> None:
    operator = office.context("operator")
    added = await devices.add_device(operator, "Pixel", account="inspector")
    assert added.device.account == "inspector"
    assert list(await devices.list_devices(operator, all_accounts=True)) == [added.device]
    with pytest.raises(InvalidInput, match="inspector and authority"):
        await devices.add_device(operator, "Pixel", account="packer")
    with pytest.raises(UnknownStaff):
        await devices.add_device(operator, "Pixel", account="nobody")
    with pytest.raises(Forbidden):
        await devices.add_device(office.context("authority"), "x", account="inspector")
    with pytest.raises(Forbidden):
        await devices.list_devices(office.context("authority"), all_accounts=True)


async def test_a_device_is_revoked_by_its_holder_or_the_operator(office: Office) -> None:
    device = (await devices.add_device(office.context("inspector"), "Pixel")).device
    with pytest.raises(UnknownDevice):
        await devices.revoke_device(office.context("authority"), device.id)
    revoked = await devices.revoke_device(office.context("inspector"), device.id)
    assert revoked.revoked_at == NOW
    other = (await devices.add_device(office.context("inspector"), "Pixel")).device
    await devices.revoke_device(office.context("operator"), other.id)
    last = (await office.ledger.audit.list_after())[-1]
    assert (last.actor, last.action) == ("operator", "device.revoke")


async def test_a_request_that_its_key_did_not_sign_enrols_nothing(office: Office) -> None:
    added = await devices.add_device(office.context("inspector"), "Pixel")
    header, payload, _ = sign_enrolment(KEY, added.code).split(".")
    _, _, signature = sign_enrolment(Ed25519PrivateKey.generate(), added.code).split(".")
    for request in (f"{header}.{payload}.{signature}", "", "a.b.c", sign_enrolment(KEY, "short")):
        with pytest.raises(MalformedEnrolment):
            await devices.enrol_device(office.ledger, request, at=NOW)
    with pytest.raises(WrongEnrolmentCode):
        await devices.enrol_device(office.ledger, sign_enrolment(KEY, "0" * 12), at=NOW)
    late = NOW + devices.CODE_MS
    with pytest.raises(WrongEnrolmentCode):
        await devices.enrol_device(office.ledger, sign_enrolment(KEY, added.code), at=late)
    assert (await office.ledger.devices.get(added.device.id)).public_key is None
