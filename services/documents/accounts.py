"""JSON documents of accounts, their devices and proposals."""

from typing import Any, Literal

from ledger import Device, DeviceKind, Proposal, ProposalState, Role, Staff
from services.accounts.devices import AddedDevice
from services.documents.models import Document, Timestamp
from stamps.device_enrolment import format_enrolment_code
from stamps.timestamps import format_rfc3339


class DeviceDocument(Document):
    """A device of an account; its scans count as `kind` while it is enrolled."""

    id: str
    account: str
    kind: DeviceKind
    label: str
    state: Literal["waiting", "expired", "enrolled", "revoked"]
    added_at: Timestamp
    enrolled_at: Timestamp | None
    revoked_at: Timestamp | None


class AddedDeviceDocument(DeviceDocument):
    """A device that waits for its enrolment, with its one-time code."""

    enrolment_code: str
    code_expires_at: Timestamp


class AccountDocument(Document):
    """A staff account."""

    id: str
    name: str
    role: Role
    organisation: str | None
    has_otp: bool
    disabled: bool
    is_confirmed: bool
    """Whether a second person confirmed it; without it, it may do nothing."""
    added_at: Timestamp


class ProposalDocument(Document):
    """An act that one person asks for and another decides."""

    id: int
    kind: str
    subject: str
    document: dict[str, Any]
    reason: str | None
    state: ProposalState
    requested_by: str
    requested_at: Timestamp
    decided_by: str | None
    decided_at: Timestamp | None
    used_at: Timestamp | None
    """When the act was done."""


def describe_device(device: Device, now: int) -> DeviceDocument:
    """The document of a device as it is at `now` (ms)."""
    return DeviceDocument(**_device_fields(device, now))


def describe_added_device(added: AddedDevice, now: int) -> AddedDeviceDocument:
    """The document of a device that was just added."""
    return AddedDeviceDocument(
        **_device_fields(added.device, now),
        enrolment_code=format_enrolment_code(added.code),
        code_expires_at=format_rfc3339(added.device.code_expires_at),
    )


def describe_account(staff: Staff) -> AccountDocument:
    """The document of an account."""
    return AccountDocument(
        id=staff.id,
        name=staff.name,
        role=staff.role,
        organisation=staff.organisation,
        has_otp=staff.has_otp,
        disabled=staff.disabled,
        is_confirmed=staff.is_confirmed,
        added_at=format_rfc3339(staff.added_at),
    )


def describe_proposal(proposal: Proposal) -> ProposalDocument:
    """The document of a proposal."""
    return ProposalDocument(
        id=proposal.id,
        kind=proposal.kind,
        subject=proposal.subject,
        document=dict(proposal.document),
        reason=proposal.reason,
        state=proposal.state,
        requested_by=proposal.requested_by,
        requested_at=format_rfc3339(proposal.requested_at),
        decided_by=proposal.decided_by,
        decided_at=format_rfc3339(proposal.decided_at),
        used_at=format_rfc3339(proposal.used_at),
    )


def _device_fields(device: Device, now: int) -> dict[str, Any]:
    return {
        "id": device.id,
        "account": device.account,
        "kind": device.kind,
        "label": device.label,
        "state": device.get_state(now),
        "added_at": format_rfc3339(device.added_at),
        "enrolled_at": format_rfc3339(device.enrolled_at),
        "revoked_at": format_rfc3339(device.revoked_at),
    }
