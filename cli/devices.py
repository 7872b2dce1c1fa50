"""`veritem staff devices`: devices whose signed scans count as an inspector's or an official app's.

`add`, `list` and `revoke` are for the operator, who has the ledger. `enrol` and `scan` run on the
device and talk to desk and resolver over HTTP.
"""

import secrets
from pathlib import Path
from typing import Annotated, Any

import aiohttp
import typer

from cli.context import ConfigFile, SignedInAs, run_async
from cli.device_key import DeviceKey
from cli.output import (
    CommandRefused,
    Json,
    format_local_time,
    print_fields,
    print_line,
    print_result,
    print_table,
)
from cli.use_cases import call_service
from ledger.ledger import now_ms
from services.accounts import devices
from services.documents import describe_added_device, describe_device
from stamps.code import parse_code
from stamps.compact_jws import MEDIA_TYPE
from stamps.device_enrolment import format_enrolment_code, parse_enrolment_code, sign_enrolment
from stamps.signed_scan import NONCE_BYTES, SignedPlace, sign_scan
from traceability.stamp_reader import read_stamp

app = typer.Typer(no_args_is_help=True, help="Devices that sign scans for an account.")

_SECONDS = 30.0

KeyFile = Annotated[
    Path, typer.Option("--key", help="File of the device's private key.", metavar="FILE")
]


@app.command("add")
def add_device(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="An inspector or authority.")],
    actor: SignedInAs,
    label: Annotated[str, typer.Option(help="What tells the device from the others.")] = "",
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Add a device of an account; print its one-time enrolment code."""
    added = call_service(file, lambda c: devices.add_device(c, label, account=account), actor=actor)

    def render() -> None:
        print_line(f"Enrolment code, shown this once: {format_enrolment_code(added.code)}")
        until = format_local_time(added.device.code_expires_at)
        print_fields(
            f"Device {added.device.id}",
            {"account": added.device.account, "kind": added.device.kind, "enrol before": until},
        )

    print_result(describe_added_device(added, added.device.added_at), as_json, render)


@app.command("list")
def list_devices(
    account: Annotated[
        str | None, typer.Argument(metavar="[ACCOUNT]", help="All accounts without it.")
    ] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """List devices, the newest first, revoked ones too."""
    listed = call_service(
        file,
        lambda c: devices.list_devices(c, account=account, all_accounts=account is None),
    )
    now = now_ms()
    print_result(
        {"devices": [describe_device(one, now) for one in listed]},
        as_json,
        lambda: print_table(
            "Devices",
            ("device", "account", "kind", "label", "state", "since"),
            (
                (
                    one.id,
                    one.account,
                    one.kind,
                    one.label,
                    one.get_state(now),
                    format_local_time(one.revoked_at or one.enrolled_at or one.added_at),
                )
                for one in listed
            ),
        ),
    )


@app.command("revoke")
def revoke_device(
    device: Annotated[str, typer.Argument(metavar="DEVICE", help="Its id, as `list` shows it.")],
    actor: SignedInAs,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Revoke a device for good; its scans are refused within a second."""
    revoked = call_service(file, lambda c: devices.revoke_device(c, device), actor=actor)
    print_result(
        describe_device(revoked, now_ms()),
        as_json,
        lambda: print_fields(f"Device {revoked.id} is revoked", {}),
    )


@app.command("enrol")
def enrol_device(
    code: Annotated[str, typer.Argument(metavar="CODE", help="The one-time code of the desk.")],
    desk: Annotated[str, typer.Option(help="Address of the desk.", metavar="URL")],
    key: KeyFile,
    as_json: Json = False,
) -> None:
    """Enrol this device: make its key (mode 0600) and send the public half to the desk."""
    canonical = parse_enrolment_code(code)
    own = DeviceKey.load_or_create(key)
    form = aiohttp.FormData({"request": sign_enrolment(own.key, canonical)})
    told = run_async(_post(f"{desk.rstrip('/')}/enrol", form()))
    own.enrolled_as(str(told["id"])).save(key)
    print_result(
        told,
        as_json,
        lambda: print_fields(
            f"Device {told['id']} is enrolled",
            {"account": told["account"], "kind": told["kind"], "key": str(key)},
        ),
    )


@app.command("scan")
def scan_stamp(
    stamp: Annotated[str, typer.Argument(metavar="CODE|URI", help="The stamp that was scanned.")],
    resolver: Annotated[str, typer.Option(help="Address of the resolver.", metavar="URL")],
    key: KeyFile,
    lat: Annotated[float | None, typer.Option(min=-90, max=90, help="Degrees north.")] = None,
    lon: Annotated[float | None, typer.Option(min=-180, max=180, help="Degrees east.")] = None,
    accuracy: Annotated[float, typer.Option(min=0, max=1e7, help="Metres.")] = 100.0,
    province: Annotated[
        str | None, typer.Option(help="Two digits, in place of degrees.", metavar="CODE")
    ] = None,
    as_json: Json = False,
) -> None:
    """Sign the scan of a stamp as this device, and send it to the resolver."""
    if (lat is None) != (lon is None) or (lat is not None and province is not None):
        raise CommandRefused(why="give --lat with --lon, or --province, or neither")
    own = DeviceKey.load(key)
    if own.device is None:
        raise CommandRefused(why=f"{key} is not enrolled yet; see `veritem staff devices enrol`")
    place = None
    if lat is not None or province is not None:
        place = SignedPlace(lat, lon, accuracy, province)
    code = parse_code(read_stamp(stamp).code)
    text = sign_scan(own.key, own.device, code, now_ms(), secrets.token_bytes(NONCE_BYTES), place)
    url = f"{resolver.rstrip('/')}/v1/scans"
    told = run_async(_post(url, text, {"Content-Type": MEDIA_TYPE}))
    print_result(
        told,
        as_json,
        lambda: print_fields(
            f"{told['code']}: {told['verdict']}",
            {"state": told["state"], "reasons": ", ".join(told["reasons"])},
        ),
    )


async def _post(url: str, body: Any, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """Send a body and return the JSON of the answer. Raises `CommandRefused`."""
    accept = {"Accept": "application/json"}
    timeout = aiohttp.ClientTimeout(total=_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.post(
                url, data=body, headers=accept | (headers or {}), allow_redirects=False
            ) as answer,
        ):
            told: dict[str, Any] = await answer.json(content_type=None)
    except (aiohttp.ClientError, ValueError, TimeoutError) as error:
        raise CommandRefused(why=f"{url} does not answer: {error or 'timeout'}") from error
    if answer.status >= 300:
        why = told.get("detail") or told.get("title", "refused")
        raise CommandRefused(why=f"{url} answers {answer.status}: {why}")
    return told
