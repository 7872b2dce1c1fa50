"""Enrolled phones of demo and sandbox: an account, a device of it, and the phone that scans."""

import secrets

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cli.demo.phone import EnrolledPhone
from ledger import NewAccount, Role
from services import ServiceContext
from services.accounts import accounts, devices
from services.proposals import proposals
from stamps.device_enrolment import sign_enrolment


async def enrol_phone(
    one: ServiceContext, other: ServiceContext, url: str, address: str, account: tuple[str, Role]
) -> EnrolledPhone:
    """A phone at a network address, enrolled to a new account that two people add."""
    name, role = account
    password = secrets.token_urlsafe(24)
    wanted = NewAccount(name, name, password, role=role)
    _, proposal = await accounts.add_account(one, wanted, f"demo {name}")
    await proposals.approve_proposal(other, proposal.id)
    added = await devices.add_device(other, "demo", account=name)
    key = Ed25519PrivateKey.generate()
    request = sign_enrolment(key, added.code)
    device = await devices.enrol_device(other.ledger, request, at=other.clock())
    return EnrolledPhone(url, address, device.id, key)
