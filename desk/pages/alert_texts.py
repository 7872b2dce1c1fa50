"""Texts of an alert: what it is about, and what was counted."""

from collections.abc import Mapping, Sequence
from math import exp, log
from typing import Final, NamedTuple

from babel.numbers import format_decimal, format_percent

from desk.pages.scan_trail import describe_reason
from ledger import Alert, BatchCount, CampaignCount, CodeCount, LotRow
from services.alerts.reason_weights import ReasonWeight
from stamps import serial_range
from web.i18n import LOCALES, Language, Texts, format_moment, format_number


def describe_subject(alert: Alert, texts: Texts) -> str:
    """Name the subject of an alert: a stamp, a batch, a campaign or a registered code."""
    if alert.stamp is not None:
        batch, index = alert.stamp
        return texts(
            "alerts.stamp", range=serial_range.format_serial_range(batch, index, index + 1)
        )
    if alert.batch is not None:
        return texts("alerts.batch", batch=alert.batch)
    if alert.code is not None:
        return texts(f"alerts.{alert.kind}", code=alert.code)
    return texts.plural("alerts.campaign", alert.stamps)


def describe_counted(alert: Alert, texts: Texts) -> str | None:
    """Describe the counts of a batch, campaign or code; None for a stamp."""
    counted, language = alert.counted, texts.language
    match counted:
        case BatchCount():
            share = counted.anomalous / counted.scanned if counted.scanned else 0.0
            return texts(
                "alerts.counted_batch",
                scanned=format_number(round(counted.scanned), language),
                anomalous=format_number(round(counted.anomalous), language),
                share=format_share(share, language),
                usual=format_share(counted.usual_share, language),
            )
        case CampaignCount():
            return texts.plural(
                "alerts.counted_campaign",
                counted.networks,
                stamps=format_number(alert.stamps, language),
                first=format_moment(counted.first_at, language),
                last=format_moment(counted.last_at, language),
            )
        case CodeCount():
            crop = None if counted.crop is None else format_number(counted.crop, language)
            return texts(
                "alerts.counted_code" if crop else "alerts.counted_code_only",
                activated=format_number(counted.activated, language),
                year=counted.year,
                crop=crop or "",
                places=format_number(counted.places, language),
            )
    return None


def describe_product(lot: LotRow | None, language: Language) -> str | None:
    """The name of a lot's product in a language, else in Vietnamese."""
    if lot is None:
        return None
    names: Mapping[str, str] = lot.document.get("product", {}).get("name", {})
    return names.get(language) or names.get("vi")


class WeighedReason(NamedTuple):
    """A reason in words, and how heavy it is in words and in odds."""

    text: str
    weight: str
    odds: str | None
    """None for a reason that supports nothing."""
    share: int
    """Length of its bar in percent."""


_HEAVIEST: Final = log(100)
"""Nats of a full bar: nobody needs to know how much more than a hundred times it is."""
_WEIGHTS: Final = ((2.3, "strong"), (1.1, "clear"), (0.4, "some"), (0.05, "slight"))


def describe_weights(weights: Sequence[ReasonWeight], texts: Texts) -> list[WeighedReason]:
    """The reasons of a stamp's case with their weights in words."""
    return [_describe_weight(one, texts) for one in weights]


def _describe_weight(one: ReasonWeight, texts: Texts) -> WeighedReason:
    name = next((name for least, name in _WEIGHTS if one.nats >= least), None)
    if name is None:
        name = "against" if one.nats <= -_WEIGHTS[-1][0] else "none"
        return WeighedReason(
            describe_reason(one.reason, texts), texts(f"case.weight_{name}"), None, 0
        )
    times = exp(min(one.nats, _HEAVIEST))
    shown = format_decimal(
        times, "#,##0.#" if times < 10 else "#,##0", locale=LOCALES[texts.language]
    )
    return WeighedReason(
        text=describe_reason(one.reason, texts),
        weight=texts(f"case.weight_{name}"),
        odds=texts("case.odds" if one.nats < _HEAVIEST else "case.odds_more", times=shown),
        share=round(100 * min(one.nats / _HEAVIEST, 1.0)),
    )


def format_share(share: float, language: Language) -> str:
    """A share in percent, to one decimal where it has one.

    >>> format_share(0.057, "vi"), format_share(0.01, "en")
    ('5,7%', '1%')
    """
    return format_percent(share, "#,##0.#%", locale=LOCALES[language])
