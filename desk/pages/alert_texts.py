"""Texts of an alert: what it is about, and what was counted."""

from babel.numbers import format_percent

from ledger import Alert, BatchCount, CampaignCount
from stamps import serial_range
from web.i18n import LOCALES, Language, Texts, format_moment, format_number


def describe_subject(alert: Alert, texts: Texts) -> str:
    """What an alert is about: a stamp, a batch or a campaign."""
    if alert.stamp is not None:
        batch, index = alert.stamp
        return texts(
            "alerts.stamp", range=serial_range.format_serial_range(batch, index, index + 1)
        )
    if alert.batch is not None:
        return texts("alerts.batch", batch=alert.batch)
    return texts.plural("alerts.campaign", alert.stamps)


def describe_counted(alert: Alert, texts: Texts) -> str | None:
    """What was counted of a batch or campaign; None for a stamp."""
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
    return None


def format_share(share: float, language: Language) -> str:
    """A share in percent, to one decimal where it has one.

    >>> format_share(0.057, "vi"), format_share(0.01, "en")
    ('5,7%', '1%')
    """
    return format_percent(share, "#,##0.#%", locale=LOCALES[language])
