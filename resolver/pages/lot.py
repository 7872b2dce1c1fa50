"""View of a lot for its template: facts and stages in one language."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from attachments import is_attachment_hash
from ledger.codes.registered_code import PublicSite
from resolver.pages.lot_results import TestResultsView, build_test_view, list_certificates
from resolver.stamp_state import CachedLot
from traceability.administrative_units import load_administrative_units
from traceability.diary.lot_results import LotResults, read_results
from traceability.lot import Lot
from traceability.lot_details import describe_details
from traceability.lot_profiles import find_profile
from traceability.parties import Address, RegisteredSite
from web.i18n import Texts, format_day, format_iso_span, join_words


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
class ReviewView:
    """Who vouches for a published record, and how complete it is."""

    by: str
    """Who reviewed it, and when."""
    author: str
    completeness: str
    sha256: str
    has_later: bool
    """Whether newer data wait for their review."""


@dataclass(frozen=True)
class LotView:
    """View of a lot on the page; `facts` and `proofs` are (label, value, small print)."""

    produce: str
    brand: str
    image: str
    """Address of a photo; empty for none."""
    facts: tuple[tuple[str, str, str], ...]
    proofs: tuple[tuple[str, str, str], ...]
    """Certificates and what else proves quality."""
    stages: tuple[StageView, ...]
    evidence: str
    """What its sender tells of the newest released picture or file of the origin; or empty."""
    tests: TestResultsView | None
    """Results of laboratories; None where the record has none."""
    corrections: tuple[CorrectionView, ...]
    review: ReviewView | None
    """None: nobody reviewed the lot, and only what identifies it is shown."""


def build_lot_view(cached: CachedLot, words: Texts) -> LotView:
    """The view of a lot; facts that it does not have are left out.

    Photo, journey, certificates and details are shown of a published record only. A registered name
    is shown before one that the packer wrote.
    """
    lot, sites, language = cached.shown, cached.sites, words.language
    is_published = cached.publication is not None
    results = LotResults()
    if cached.publication is not None:
        results = read_results(cached.publication.record)
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
    if is_published:
        details = describe_details(profile, lot.details, language)
        facts.extend((label, value, "") for label, value in details)
    if lot.harvested_at is not None:
        fact("harvested", format_day(lot.harvested_at, language))
    if lot.packed_at is not None:
        fact("packed", format_day(lot.packed_at, language))
    if (ends := lot.expires_at) is not None:
        fact("best_before", format_day(ends, language))
    fact("code", lot.code)
    return LotView(
        produce=lot.product.name.choose(language),
        brand=lot.brand or "",
        image=_find_photo(lot) if is_published else "",
        facts=tuple(facts),
        proofs=(
            *list_certificates(results, cached.result_errors, words),
            *(_describe_standards(lot, results, words) if is_published else ()),
        ),
        stages=tuple(_describe_stages(lot, sites, words)) if is_published else (),
        evidence=_describe_evidence(cached, words),
        tests=build_test_view(results, cached.result_errors, words),
        corrections=tuple(
            CorrectionView(
                when=format_day(one.at, language),
                changed=join_words([words(f"part.{part}") for part in one.changed], language),
                reason=words(f"correction.{one.reason}"),
            )
            for one in cached.corrections
        ),
        review=_describe_review(cached, words),
    )


def _describe_review(cached: CachedLot, words: Texts) -> ReviewView | None:
    publication = cached.publication
    if publication is None:
        return None
    statement, counted = publication.statement, publication.record["completeness"]
    names = [one["name"] or words("lot.authority") for one in statement["reviewers"]]
    return ReviewView(
        by=words(
            "lot.reviewed_by",
            name=join_words(list(dict.fromkeys(names)), words.language),
            day=format_day(publication.at, words.language),
        ),
        author=words("lot.told_by", name=statement["author"]["name"] or ""),
        completeness=words("lot.completeness", told=counted["told"], items=counted["items"]),
        sha256=publication.sha256,
        has_later=cached.has_later,
    )


def _describe_standards(
    lot: Lot, results: LotResults, words: Texts
) -> Iterator[tuple[str, str, str]]:
    """The standards that the packer names, but those whose certifier told the certificate."""
    told = {str(one.entry.values["number"]).casefold() for one in results.certificates}
    for standard in lot.standards:
        number = standard.certificate
        if number and number.casefold() in told:
            continue
        small = words("lot.certificate", number=number) if number else ""
        yield words("lot.standards"), standard.name, small


def _describe_evidence(cached: CachedLot, words: Texts) -> str:
    """Kind, days and source of the newest released evidence of the origin; no place."""
    origin = cached.shown.origin
    found = None if origin is None else cached.evidence.get(origin.code)
    if found is None or cached.publication is None:
        return ""
    return words(
        "lot.evidence",
        kind=words(f"evidence.{found.kind}"),
        days=format_iso_span(found.shows_from[:10], found.shows_until[:10], words.language),
        source=found.source,
    )


def _describe_stages(
    lot: Lot, sites: Mapping[str, PublicSite], words: Texts
) -> Iterator[StageView]:
    profile, language = find_profile(lot.kind), words.language
    for step in sorted(lot.stages, key=lambda step: (step.at is None, step.at or 0)):
        yield StageView(
            name=profile.name_stage(step.stage, language) or words(f"stage.{step.stage}"),
            when="" if step.at is None else format_day(step.at, language),
            where=_where(lot, step.location, step.by, sites, words),
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
    return " · ".join(part for part in (by, place, _area(site, words)) if part)


def _area(site: RegisteredSite | None, words: Texts) -> str:
    """Ward and province of a place."""
    if site is None:
        return ""
    units, language = load_administrative_units(), words.language
    ward = units.name(site.address.ward, language) if site.address.ward else ""
    province = units.name(site.province, language, short=True) if site.province else ""
    return ", ".join(part for part in (ward, province) if part)


def _address(address: Address | None, words: Texts) -> str:
    if address is None:
        return ""
    parts = [address.line or ""]
    if address.ward is not None:
        parts.append(load_administrative_units().name(address.ward, words.language))
    if address.province is not None:
        parts.append(load_administrative_units().name(address.province, words.language))
    return ", ".join(part for part in parts if part)
