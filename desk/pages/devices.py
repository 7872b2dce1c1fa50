"""Pages of devices: an account adds and revokes its own; `/enrol` is opened on the device itself.

`/enrol` is the one page with a script: it makes a key that cannot be exported and signs with it.
Nobody is signed in there; the one-time code is the authority. `POST /enrol` answers JSON where it
is asked for, so that the script and the command line read one answer.
"""

from typing import Final

from aiohttp import web

from desk.pages.assets import ENROL_SCRIPT
from desk.pages.call import PageCall
from desk.pages.forms import DeviceForm, EnrolmentForm
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from desk.responses import json_response, problem_response
from services.accounts import devices
from services.documents import describe_device
from services.permissions import Permission
from stamps.device_enrolment import format_enrolment_code
from stamps.errors import VeritemError
from web.quality_values import parse_quality_values
from web.request_parsing import JSON

routes = PageRoutes()

_ADDED: Final = "devices.code"
"""The message that carries an enrolment code to the page, which shows it once."""


@routes.add("GET", "/devices", permissions=(Permission.DEVICE_ENROL,))
async def show_devices(call: PageCall) -> web.StreamResponse:
    """Show the devices of the account."""
    return await _render(call)


@routes.add("POST", "/devices", permissions=(Permission.DEVICE_ENROL,))
async def add_device(call: PageCall) -> web.StreamResponse:
    """Add a device and show its enrolment code, once."""
    form = call.parse_form(DeviceForm)
    added = await devices.add_device(call.context, form.label)
    return redirect(
        "/devices",
        _ADDED,
        label=added.device.label,
        code=format_enrolment_code(added.code),
        until=added.device.code_expires_at,
    )


@routes.add("POST", "/devices/{device}/revoke", permissions=(Permission.DEVICE_ENROL,))
async def revoke_device(call: PageCall, device: str) -> web.StreamResponse:
    """Revoke a device of the account."""
    await devices.revoke_device(call.context, device)
    return redirect("/devices", "flash.device_revoked")


@routes.add("GET", "/enrol", is_open=True)
async def show_enrolment(call: PageCall) -> web.StreamResponse:
    """Show the form on the device that is to be enrolled."""
    return _render_enrolment(call)


@routes.add("POST", "/enrol", is_open=True)
async def enrol_device(call: PageCall) -> web.StreamResponse:
    """Enrol the device that signed the request."""
    dependencies = call.runtime.dependencies
    accept = parse_quality_values(call.request.headers.get("Accept", ""))
    wants_json = accept.get(JSON, 0.0) > accept.get("text/html", 0.0)
    try:
        form = call.parse_form(EnrolmentForm)
        at = dependencies.clock()
        device = await devices.enrol_device(dependencies.ledger, form.request, at=at)
    except VeritemError as refusal:
        if wants_json:
            return problem_response(call.request, refusal)
        return _render_enrolment(call, refusal=refusal)
    return json_response(describe_device(device, at))


async def _render(call: PageCall) -> web.Response:
    now, flash = call.context.clock(), call.flash
    return render_page(
        call,
        "devices.html",
        call.texts("devices.title"),
        added=flash.values if flash and flash.text == _ADDED else None,
        address=f"{call.runtime.dependencies.settings.public_url}/enrol",
        devices=[
            (device, device.get_state(now)) for device in await devices.list_devices(call.context)
        ],
    )


def _render_enrolment(call: PageCall, refusal: VeritemError | None = None) -> web.Response:
    return render_page(
        call,
        "enrol.html",
        call.texts("devices.enrol_title"),
        refusal=refusal,
        scripts=[ENROL_SCRIPT.file],
    )
