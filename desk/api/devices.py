"""`/api/v1/devices`: the devices of an account, whose signed scans count as its own."""

from pydantic import BaseModel, ConfigDict

from desk.api.call import ApiCall
from desk.api.models import Body, Text
from desk.api.routing import ApiRoutes
from ledger.errors import AlreadyExists
from ledger.staff_errors import UnknownDevice
from services.accounts import devices
from services.documents import (
    AddedDeviceDocument,
    DeviceDocument,
    describe_added_device,
    describe_device,
)
from services.errors import InvalidInput
from services.permissions import Permission

routes = ApiRoutes("devices")


class DeviceBody(Body):
    """A device to be enrolled, with a label that people recognise."""

    label: Text


class DeviceListDocument(BaseModel):
    """The devices of an account, newest first."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    devices: list[DeviceDocument]


@routes.add("GET", "devices", permissions=(Permission.DEVICE_ENROL,))
async def list_devices(call: ApiCall) -> DeviceListDocument:
    """List the devices of the account, revoked ones too."""
    now = call.context.clock()
    listed = await devices.list_devices(call.context)
    return DeviceListDocument(devices=[describe_device(one, now) for one in listed])


@routes.add(
    "POST",
    "devices",
    permissions=(Permission.DEVICE_ENROL,),
    status=201,
    has_key=True,
    errors=(InvalidInput, AlreadyExists),
)
async def add_device(call: ApiCall, body: DeviceBody) -> AddedDeviceDocument:
    """Add a device; its enrolment code is answered this once, and the same key adds no second."""
    return describe_added_device(
        await devices.add_device(call.context, body.label, key=call.key), call.context.clock()
    )


@routes.add(
    "POST",
    "devices/{device}/revoke",
    permissions=(Permission.DEVICE_ENROL,),
    errors=(UnknownDevice,),
)
async def revoke_device(call: ApiCall, device: str) -> DeviceDocument:
    """Revoke a device of the account, for good."""
    revoked = await devices.revoke_device(call.context, device)
    return describe_device(revoked, call.context.clock())
