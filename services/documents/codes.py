"""JSON documents of registered codes, their history, and imports."""

from dataclasses import asdict
from typing import Any

from detection.code_rules import judge_code
from ledger import AuditEntry, CodeCondition, CodeStatus, RegisteredCode
from ledger.code_watch.code_watch import CodeActivity
from services.codes.code_imports import ImportPreview
from services.documents.models import Document, Timestamp
from stamps.timestamps import format_rfc3339
from traceability.code_forms import CodeKind

MOST_LISTED = 1000
"""Lines of an import that a document lists; the counts tell of the others."""


class RegisteredCodeDocument(Document):
    """A growing area or packing house with its official code. Days are Vietnam's."""

    code: str
    kind: CodeKind
    name: str
    organisation: str | None
    household: str | None
    """Null also for callers who may not know it."""
    household_agreed: bool
    products: list[str]
    hectares: float | None
    yield_t_per_ha: float | None
    province: str | None
    ward: str | None
    lat: float | None
    lon: float | None
    markets: list[str]
    valid_from: str | None
    valid_until: str | None
    status: CodeStatus
    status_reason: str | None
    status_at: Timestamp
    status_by: str
    condition: CodeCondition
    """The status now, with the days taken into account; stamps are bound under `active` ones."""
    version: int
    changed_at: Timestamp
    changed_by: str


class CodeChangeDocument(Document):
    """One change of a registered code."""

    at: Timestamp
    by: str
    action: str
    version: int
    changed: dict[str, list[Any]]
    """Each changed field with its values before and after. A household's name is left out."""
    import_id: str | None
    """The import that made the change."""


class CodeUseDocument(Document):
    """Stamps bound under a code in a month, by partner, organisation and product."""

    month: str
    """`2026-09`."""
    partner: str | None
    """The packing house of a growing area, or the growing area of a packing house."""
    organisation: str | None
    product: str | None
    stamps: int
    late: int
    """Recorded after the code was suspended or revoked."""


class CodeCropDocument(Document):
    """The crop of a growing area in a season: hectares × yield ÷ weight of a fruit."""

    product: str
    yield_t_per_ha: float
    fruit_kg: float
    fruits: int


class CodeSuspicionDocument(Document):
    """Suspicion from the present figures; not a finding."""

    kind: str
    score: float
    reasons: dict[str, float]
    """Weights in nats."""
    stamps: int


class CodeActivityDocument(Document):
    """Use of a registered code in a season, a year of Vietnam. Counts are stamps."""

    code: str
    year: int
    hectares: float | None
    crops: list[CodeCropDocument]
    activated: int
    ordered: dict[str, int]
    """Stamps of the approved orders of the year, by packer."""
    uses: list[CodeUseDocument]
    suspicions: list[CodeSuspicionDocument]


class ImportLineDocument(Document):
    """A line of a file that adds or changes a code."""

    line: int
    code: str
    is_new: bool
    changed: dict[str, list[Any]]


class RefusedLineDocument(Document):
    """A line of a file that cannot be applied, with the reason for each field."""

    line: int
    code: str
    flaws: dict[str, str]


class ImportCountsDocument(Document):
    """Numbers of codes that an import adds, changes, and so on."""

    added: int
    changed: int
    unchanged: int
    refused: int
    missing: int


class CodeImportDocument(Document):
    """The difference between a file and the registry; lists have at most 1,000 entries."""

    id: str
    file_name: str
    at: Timestamp
    by: str
    counts: ImportCountsDocument
    can_apply: bool
    applied_at: Timestamp | None
    applied_by: str | None
    changes: list[ImportLineDocument]
    refused: list[RefusedLineDocument]
    missing: list[str]
    """Registered codes of the same kinds and provinces that the file lacks; they stay."""
    ignored_columns: list[str]


def describe_code(row: RegisteredCode, now: int) -> RegisteredCodeDocument:
    """The document of a registered code at `now` (ms)."""
    return RegisteredCodeDocument(
        code=row.code,
        **row.content,
        status_at=format_rfc3339(row.status_at),
        status_by=row.status_by,
        condition=row.get_condition(now),
        version=row.version,
        changed_at=format_rfc3339(row.changed_at),
        changed_by=row.changed_by,
    )


def describe_code_change(entry: AuditEntry) -> CodeChangeDocument:
    """The document of a change of a registered code."""
    return CodeChangeDocument(
        at=format_rfc3339(entry.at),
        by=entry.actor,
        action=entry.action.rpartition(".")[2],
        version=entry.details["version"],
        changed=dict(entry.details["changed"]),
        import_id=entry.details.get("import"),
    )


def describe_code_import(shown: ImportPreview) -> CodeImportDocument:
    """The document of an import."""
    return CodeImportDocument(
        id=shown.id,
        file_name=shown.file_name,
        at=format_rfc3339(shown.at),
        by=shown.actor,
        counts=ImportCountsDocument(**shown.counts),
        can_apply=shown.can_apply,
        applied_at=format_rfc3339(shown.applied_at),
        applied_by=shown.applied_by,
        changes=[
            ImportLineDocument(
                line=one.line,
                code=one.code,
                is_new=one.is_new,
                changed={name: list(pair) for name, pair in one.changed.items()},
            )
            for one in shown.changes[:MOST_LISTED]
        ],
        refused=[
            RefusedLineDocument(
                line=one.line,
                code=one.code,
                flaws={name: str(flaw) for name, flaw in one.flaws.items()},
            )
            for one in shown.refused[:MOST_LISTED]
        ],
        missing=list(shown.missing),
        ignored_columns=list(shown.ignored),
    )


def describe_activity(code: RegisteredCode, activity: CodeActivity) -> CodeActivityDocument:
    """The document of what was done under a code."""
    return CodeActivityDocument(
        code=code.code,
        year=activity.year,
        hectares=code.hectares,
        crops=[
            CodeCropDocument(
                product=product,
                yield_t_per_ha=crop.areas[0].yield_t_per_ha,
                fruit_kg=crop.fruit_kg,
                fruits=crop.fruits,
            )
            for product, crop in activity.crops.items()
        ],
        activated=activity.activated,
        ordered=activity.ordered,
        uses=[CodeUseDocument(**asdict(row)) for row in activity.rows],
        suspicions=[
            CodeSuspicionDocument(
                kind=one.kind,
                score=round(one.score, 2),
                reasons={fact.reason: round(fact.weight, 2) for fact in one.facts},
                stamps=one.stamps,
            )
            for one in judge_code(activity.facts)
        ],
    )
