"""View of a lot for its template: facts and stages in one language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from attachments import is_attachment_hash
from ledger import Correction
from ledger.codes.registered_code import PublicSite
from traceability.administrative_units import load_administrative_units
from traceability.lot import Lot
from traceability.lot_details import describe_details
from traceability.lot_profiles import find_profile
from traceability.parties import Address, RegisteredSite
from web.i18n import Texts, format_day, format_moment, join_words

NO_SITES: Final[Mapping[str, PublicSite]] = {}


@dataclass(frozen=True)
class StageView:
    """One stage of the lot: what, when and where."""

    name: str
    when: str
    where: str


@dataclass(frozen=True)
class CorrectionView:
    """One correction: its day, what it changed, and why."""

    when: str
    changed: str
    reason: str


@dataclass(frozen=True)
class LotView:
    """View of a lot on the page; `facts` are (label, value, small print)."""

    produce: str
    brand: str
    image: str
    """Address of a photo; empty for none."""
    facts: tuple[tuple[str, str, str], ...]
    stages: tuple[StageView, ...]
    corrections: tuple[CorrectionView, ...]


def lot_view(
    lot: Lot,
    words: Texts,
    corrections: Sequence[Correction] = (),
    sites: Mapping[str, PublicSite] = NO_SITES,
) -> LotView:
    """The view of a lot; facts that it does not have are left out.

    `sites` are the registered codes by code: a registered name is shown before one that the packer
    wrote.
    """
    language = words.language
    facts: list[tuple[str, str, str]] = []

    def fact(key: str, value: str | None, small: str = "") -> None:
        if value:
            facts.append((words(f"lot.{key}"), value, small))

    if lot.producer is not None:
        kind = f"producer_{lot.producer.kind}"
        fact(kind, lot.producer.name, _address(lot.producer.address, words))
    profile = find_profile(lot.kind)
    for key, site in ((profile.origin, lot.origin), ("packing_house", lot.packing_house)):
        if site is not None:
            name = _name_site(site, sites)
            fact(key, name or site.code, _site_line(site, words, is_named=bool(name)))
    details = describe_details(profile, lot.details, language)
    facts.extend((label, value, "") for label, value in details)
    if lot.harvested_at is not None:
        fact("harvested", format_day(lot.harvested_at, language))
    if lot.packed_at is not None:
        fact("packed", format_day(lot.packed_at, language))
    if (ends := lot.expires_at) is not None:
        fact("best_before", format_day(ends, language))
    for standard in lot.standards:
        number = standard.certificate
        fact("standards", standard.name, words("lot.certificate", number=number) if number else "")
    fact("code", lot.code)
    return LotView(
        produce=lot.product.name.choose(language),
        brand=lot.brand or "",
        image=_find_photo(lot),
        facts=tuple(facts),
        stages=tuple(
            StageView(
                name=profile.name_stage(step.stage, language) or words(f"stage.{step.stage}"),
                when="" if step.at is None else format_moment(step.at, language),
                where=_where(lot, step.location, step.by, sites, words),
            )
            for step in sorted(lot.stages, key=lambda step: (step.at is None, step.at or 0))
        ),
        corrections=tuple(
            CorrectionView(
                when=format_day(one.at, language),
                changed=join_words([words(f"part.{part}") for part in one.changed], language),
                reason=words(f"correction.{one.reason}"),
            )
            for one in corrections
        ),
    )


def _find_photo(lot: Lot) -> str:
    """The address of the photo that the service keeps; pictures of other hosts are not shown."""
    image = lot.product.image or ""
    return image if is_attachment_hash(image.removeprefix("/a/")) else ""


def _name_site(site: RegisteredSite, sites: Mapping[str, PublicSite]) -> str | None:
    """The registered name, else the name in the lot; None for a household that is not named."""
    known = sites.get(site.code)
    return site.name if known is None else known.name or known.household


def _site_line(site: RegisteredSite, words: Texts, *, is_named: bool) -> str:
    parts = [site.code if is_named else "", _address(site.address, words)]
    if not site.address.ward and not site.address.province and site.province:
        parts.append(load_administrative_units().name(site.province, words.language))
    return " · ".join(part for part in parts if part)


def _where(
    lot: Lot,
    location: str | None,
    by: str | None,
    sites: Mapping[str, PublicSite],
    words: Texts,
) -> str:
    site = lot.find_site(location) if location else None
    place = (_name_site(site, sites) or site.code) if site is not None else location
    province = (
        load_administrative_units().name(site.province, words.language, short=True)
        if site and site.province
        else ""
    )
    return " · ".join(part for part in (by, place, province) if part)


def _address(address: Address | None, words: Texts) -> str:
    if address is None:
        return ""
    parts = [address.line or ""]
    if address.ward is not None:
        parts.append(load_administrative_units().name(address.ward, words.language))
    if address.province is not None:
        parts.append(load_administrative_units().name(address.province, words.language))
    return ", ".join(part for part in parts if part)
