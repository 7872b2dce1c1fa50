"""Limits of orders: the sums in words, and the page on which quotas are set."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode

from aiohttp import web
from babel.numbers import format_decimal

from desk.pages.call import PageCall
from desk.pages.forms import QuotaForm
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from ledger import CropEstimate, OrderLimits
from services.errors import InvalidInput
from services.lists.find import find_person_names
from services.orders import order_limits
from services.permissions import Permission, has_permission
from stamps.typed_number import MalformedNumber, parse_whole_number
from web.i18n import LOCALES, Language, Texts, format_number

routes = PageRoutes()

_SEE: Final = (Permission.QUOTA_SET, Permission.BALANCE_SEE)
_SHOWN: Final = 50


@dataclass(frozen=True, slots=True)
class LimitLine:
    """One comparison in words."""

    label: str
    text: str
    """The figures."""
    more: str
    """Explanation of the figures."""
    is_above: bool


def describe_limits(limits: OrderLimits, texts: Texts) -> list[LimitLine]:
    """An order against quota and crop, in words and figures."""
    return [_describe_quota(limits, texts), _describe_crop(limits, texts)]


def format_crop(crop: CropEstimate, texts: Texts) -> str:
    """Explain how a crop is computed: `12 ha × 18 t/ha ÷ 2.5 kg`."""
    language = texts.language
    parts = [
        texts(
            "limits.area",
            hectares=_format_real(hectares, language),
            tonnes=_format_real(tonnes, language),
        )
        for hectares, tonnes in crop.sum_hectares()
    ]
    added = parts[0] if len(parts) == 1 else f"({' + '.join(parts)})"
    return texts("limits.formula", areas=added, kg=_format_real(crop.fruit_kg, language))


@routes.add("GET", "/quotas", permissions=_SEE)
async def list_quotas(call: PageCall) -> web.StreamResponse:
    """List the packers with quota, used and left in a year."""
    asked = call.query.get("year", "").strip()
    year = _parse_year(asked) if asked else None
    page = await order_limits.list_quotas(
        call.context, year=year, limit=_SHOWN, after=call.query.get("after")
    )
    shown = page.items[0].year if page.items else year
    following = {"year": shown, "after": page.next} if page.next else None
    return render_page(
        call,
        "quotas.html",
        call.texts("quotas.title"),
        year=shown,
        rows=page.items,
        following=urlencode(following) if following else None,
        may_set=has_permission(call.context.actor, Permission.QUOTA_SET),
    )


@routes.add("POST", "/quotas/{organisation}/{year}", permissions=(Permission.QUOTA_SET,))
async def set_quota(call: PageCall, organisation: str, year: int) -> web.StreamResponse:
    """Set the quota of a packer in a year."""
    form = call.parse_form(QuotaForm)
    saved = await order_limits.set_quota(call.context, organisation, year, form.stamps)
    return redirect(f"/quotas/{quote(saved.organisation, safe='')}/{year}", "flash.quota_saved")


@routes.add("GET", "/quotas/{organisation}/{year}", permissions=_SEE)
async def show_quota(call: PageCall, organisation: str, year: int) -> web.StreamResponse:
    """Show the quota of a packer in a year, and the form that sets it."""
    found = await order_limits.get_quota(call.context, organisation, year)
    return render_page(
        call,
        "quota.html",
        found.name,
        trail=[(f"{call.texts('quotas.title')} {year}", f"/quotas?year={year}")],
        quota=found,
        people=await find_person_names(call.context, found.set_by),
        may_set=has_permission(call.context.actor, Permission.QUOTA_SET),
    )


def _parse_year(text: str) -> int:
    try:
        return parse_whole_number(text)
    except MalformedNumber as error:
        raise InvalidInput(field="year", why=str(error), expected="number") from error


def _describe_quota(limits: OrderLimits, texts: Texts) -> LimitLine:
    label = texts("limits.quota", year=limits.year)
    if limits.quota is None:
        return LimitLine(label, texts("limits.no_quota"), "", is_above=False)
    figures = {
        "total": format_number(limits.used + limits.count, texts.language),
        "quota": format_number(limits.quota, texts.language),
    }
    more = texts(
        "limits.quota_more",
        used=format_number(limits.used, texts.language),
        left=format_number(limits.left or 0, texts.language),
    )
    return LimitLine(label, texts("limits.quota_sum", **figures), more, limits.is_above_quota)


def _describe_crop(limits: OrderLimits, texts: Texts) -> LimitLine:
    label = texts("limits.crop", year=limits.year)
    if limits.crop is None:
        return LimitLine(label, texts("limits.no_crop"), "", is_above=False)
    figures = {
        "total": format_number(limits.ordered + limits.count, texts.language),
        "fruits": format_number(limits.crop.fruits, texts.language),
        "formula": format_crop(limits.crop, texts),
    }
    more = texts(
        "limits.crop_more",
        ordered=format_number(limits.ordered, texts.language),
        activated=format_number(limits.activated, texts.language),
    )
    if limits.areas_left_out:
        more += " " + texts.plural("limits.left_out", limits.areas_left_out)
    return LimitLine(label, texts("limits.crop_sum", **figures), more, limits.is_above_crop)


def _format_real(value: float, language: Language) -> str:
    """A number to two decimals, without zeros at its end.

    >>> _format_real(2.5, "vi"), _format_real(12, "en")
    ('2,5', '12')
    """
    return format_decimal(value, "#,##0.##", locale=LOCALES[language])
