"""Minutes of an inspection (biên bản kiểm tra), filled from a case, edited before the signature.

The document is Vietnamese: it is an administrative document of Vietnam. What the person leaves
empty is printed as a dotted line, to be filled by hand.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from ledger.alerts.case_minutes import MinutesVersion
from services.alerts.alerts import AlertCase, open_alert
from services.alerts.field_history import add_photos
from services.context import ServiceContext
from services.errors import InvalidInput
from services.permissions import Permission, require_permission
from stamps import serial_range
from stamps.vietnam_time import VIETNAM_TIME, to_date
from traceability.carton_label import format_label

LONGEST_FIELD: Final = 4_000
MOST_PHOTOS: Final = 12
"""Photos that a document shows; the others are named by their hashes."""


@dataclass(frozen=True, slots=True)
class MinutesField:
    """One field of the minutes; `rows` is the height of its input, 1 for one line."""

    name: str
    rows: int = 1


FIELDS: Final = (
    MinutesField("parent_authority"),
    MinutesField("authority"),
    MinutesField("number"),
    MinutesField("place"),
    MinutesField("began", 2),
    MinutesField("about", 2),
    MinutesField("basis", 3),
    MinutesField("team", 3),
    MinutesField("party"),
    MinutesField("party_address"),
    MinutesField("representative"),
    MinutesField("witnesses", 2),
    MinutesField("findings", 8),
    MinutesField("statement", 4),
    MinutesField("conclusion", 4),
    MinutesField("measures", 3),
    MinutesField("ended", 2),
    MinutesField("copies"),
)
"""The fields in the order of the document."""


@dataclass(frozen=True, slots=True)
class Minutes:
    """The minutes of a case as the form shows them."""

    fields: Mapping[str, str]
    last: MinutesVersion | None
    """The last version; None before the first save."""


async def draft_minutes(context: ServiceContext, alert_id: int) -> Minutes:
    """The last version of the minutes, else what the case says already.

    Raises `Forbidden`, `UnknownAlert`.
    """
    require_permission(context, Permission.ALERT_SEE)
    last = await context.ledger.case_minutes.find_last(alert_id)
    if last is not None:
        return Minutes(last.fields, last)
    case = await open_alert(context, alert_id, limit=1)
    return Minutes({one.name: "" for one in FIELDS} | _describe_case(context, case), None)


async def save_minutes(
    context: ServiceContext, alert_id: int, fields: Mapping[str, str], base: int
) -> MinutesVersion:
    """Save the minutes as a version, with the evidence that the case has now.

    `base` is the version that the form showed, 0 for none. Raises `Forbidden`, `UnknownAlert`,
    `InvalidInput`, `RowChanged`.
    """
    require_permission(context, Permission.ALERT_DECIDE)
    kept = {}
    for field in FIELDS:
        text = fields.get(field.name, "").replace("\r\n", "\n").strip()
        if len(text) > LONGEST_FIELD:
            why = f"must have at most {LONGEST_FIELD} characters"
            raise InvalidInput(field=field.name, why=why, most=LONGEST_FIELD)
        kept[field.name] = text
    return await context.ledger.case_minutes.save(
        alert_id,
        kept,
        await _collect_evidence(context, alert_id),
        base=base,
        actor=context.actor.id,
        at=context.clock(),
    )


async def get_minutes(context: ServiceContext, alert_id: int, version: int) -> MinutesVersion:
    """One version of the minutes. Raises `Forbidden`, `UnknownRow`."""
    require_permission(context, Permission.ALERT_SEE)
    return await context.ledger.case_minutes.get(alert_id, version)


async def list_minutes_photos(
    context: ServiceContext, minutes: MinutesVersion
) -> list[tuple[str, bytes]]:
    """The photos that a version names, each with its hash: at most `MOST_PHOTOS`.

    Raises `Forbidden`.
    """
    require_permission(context, Permission.ALERT_SEE)
    ledger = context.ledger
    photos = [
        (
            photo["sha256"],
            partial(ledger.alert_handling.get_photo, minutes.alert, photo["event"], photo["place"]),
        )
        for photo in minutes.evidence["photos"]
    ] + [
        (
            photo["sha256"],
            partial(ledger.field_findings.get_photo, photo["finding"], photo["place"]),
        )
        for photo in minutes.evidence.get("finding_photos", ())
    ]
    return [(digest, await load()) for digest, load in photos[:MOST_PHOTOS]]


async def _collect_evidence(context: ServiceContext, alert_id: int) -> dict[str, Any]:
    ledger = context.ledger
    stamp = (await ledger.alerts.get(alert_id)).stamp
    findings = [] if stamp is None else await ledger.field_findings.list_of_stamp(*stamp)
    heads = {
        "transitions": await ledger.transitions.get_head(),
        "audit": await ledger.audit.get_head(),
    }
    return {
        "photos": [
            {"event": photo.event, "place": photo.place, "sha256": photo.sha256}
            for photo in await ledger.alert_handling.list_photos(alert_id)
        ],
        "finding_photos": [
            {"finding": file.finding.id, "place": place, "sha256": digest}
            for file in await add_photos(context, findings)
            for place, digest in enumerate(file.photos)
        ],
        "heads": {chain: {"seq": seq, "hash": digest} for chain, (seq, digest) in heads.items()},
    }


def _describe_case(context: ServiceContext, case: AlertCase) -> dict[str, str]:
    """What a case says for the minutes: subject, party and the facts found so far."""
    alert, now = case.alert, datetime.fromtimestamp(context.clock() / 1000, VIETNAM_TIME)
    subject = _name_subject(case)
    packer = None if case.parties is None else case.parties.packer
    facts = [f"Vụ việc số {alert.id} trên hệ thống Veritem về {subject}."]
    if case.span is not None and case.span.lot is not None:
        facts.append(f"Tem gắn với lô hàng {case.span.lot}.")
    if case.links.carton is not None:
        facts.append(f"Tem nằm trong thùng {format_label(case.links.carton.label)}.")
    if case.scans.rows:
        facts.append(f"Hệ thống đã ghi nhận {len(case.scans.rows)} lượt quét làm dữ liệu.")
    facts += [event.note for event in alert.history if event.what == "note" and event.note]
    facts += [
        f"Phát hiện tại hiện trường ngày {to_date(one.found_at):%d/%m/%Y}: {one.note}"
        for one in reversed([file.finding for file in case.links.field_history.findings])
        if one.note
    ]
    return {
        "began": f"{now:%H} giờ {now:%M} phút, ngày {now:%d} tháng {now:%m} năm {now:%Y}",
        "about": f"Kiểm tra việc sử dụng tem điện tử: {subject}",
        "party": "" if packer is None else packer.name,
        "party_address": "" if packer is None else packer.address or "",
        "findings": "\n".join(facts),
        "copies": "02",
    }


def _name_subject(case: AlertCase) -> str:
    alert = case.alert
    if alert.code is not None:
        return f"mã số {alert.code}"
    if alert.stamp is not None:
        batch, index = alert.stamp
        return f"tem {serial_range.format_serial_range(batch, index, index + 1)}"
    if alert.batch is not None:
        return f"đợt tem {alert.batch}"
    return f"{alert.stamps} tem được quét đồng loạt"
