"""The tables, one schema for SQLite and PostgreSQL.

Times are milliseconds since the epoch, UTC. Documents are canonical JSON as text, so that their
hash is the same on both engines. The tables in `HISTORY` are append-only: triggers refuse
UPDATE and DELETE.

`scans` is keyed by stamp, time and scan id: one index finds a stamp's scans in time order and
refuses a scan that comes twice. On PostgreSQL it is partitioned by day of `at`.
"""

from typing import Final

from ledger.schema.actors import actor_invitations, mention_answers, mentions
from ledger.schema.alerts import (
    alert_events,
    alert_levels,
    alert_minutes,
    alert_photos,
    alert_scans,
    alert_stamps,
    alerts,
    decisions,
    detection_reviews,
)
from ledger.schema.batches import NO_DUE_DAY, batch_parties, batches, spans, transitions
from ledger.schema.cartons import carton_acts, carton_contents, carton_items, cartons
from ledger.schema.code_activity import code_activity, watch_positions, watched_codes
from ledger.schema.code_evidence import (
    code_evidence,
    evidence_acts,
    evidence_texts,
    evidence_waiting,
)
from ledger.schema.codes import (
    code_imports,
    code_rules,
    diary_imports,
    invitation_imports,
    lot_codes,
    lot_imports,
    registered_codes,
)
from ledger.schema.columns import metadata
from ledger.schema.diary import diary_entries
from ledger.schema.epcis import (
    epcis_captures,
    epcis_errors,
    epcis_events,
    epcis_keys,
    epcis_queries,
    epcis_staged_errors,
    epcis_staged_events,
    epcis_staged_keys,
)
from ledger.schema.exports import data_exports
from ledger.schema.field import field_findings, field_phones, field_snapshots, finding_photos
from ledger.schema.figures import (
    batch_stocks,
    figure_facts,
    figure_reports,
    figure_sources,
    public_figures,
)
from ledger.schema.hearings import hearing_messages, hearing_photos, hearings
from ledger.schema.history import audit, chain_heads, generations, search_words
from ledger.schema.links import gs1_prefixes, link_hosts, link_sets
from ledger.schema.lot_reviews import (
    lot_publications,
    lot_review_steps,
    lot_submissions,
    quoted_events,
    review_rules,
)
from ledger.schema.lots import lot_drafts, lot_versions, lots
from ledger.schema.mail import mail_addresses, mail_requests, mail_waiting, mails
from ledger.schema.notices import notice_sources, notices, webhooks
from ledger.schema.orders import order_numbers, order_quotas, orders
from ledger.schema.organisations import organisations, places, products
from ledger.schema.printing import print_keys, print_proofs
from ledger.schema.product_lists import product_list_entries
from ledger.schema.quality import quality_facts, quality_sources
from ledger.schema.reports import (
    report_arrivals,
    report_contacts,
    report_events,
    report_evidence,
    report_groups,
    report_photos,
    reports,
)
from ledger.schema.scans import batch_days, devices, pin_attempts, product_days, scan_counts, scans
from ledger.schema.staff import (
    form_drafts,
    proposals,
    recovery_codes,
    staff,
    staff_invitations,
    staff_sessions,
    staff_sign_in,
    staff_tokens,
    token_uses,
)

HISTORY: Final = (
    "transitions",
    "audit",
    "scans",
    "alert_events",
    "alert_minutes",
    "alert_photos",
    "hearing_messages",
    "hearing_photos",
    "reports",
    "report_events",
    "finding_photos",
    "lot_versions",
    "lot_review_steps",
    "lot_publications",
    "quoted_events",
    "generations",
    "figure_reports",
    "epcis_events",
    "epcis_errors",
    "epcis_keys",
    "mention_answers",
    "diary_entries",
    "carton_acts",
    "carton_items",
    "code_evidence",
    "evidence_acts",
)
"""The append-only tables."""

DAY_MS: Final = 86_400_000

__all__ = [
    "DAY_MS",
    "HISTORY",
    "NO_DUE_DAY",
    "actor_invitations",
    "alert_events",
    "alert_levels",
    "alert_minutes",
    "alert_photos",
    "alert_scans",
    "alert_stamps",
    "alerts",
    "audit",
    "batch_days",
    "batch_parties",
    "batch_stocks",
    "batches",
    "carton_acts",
    "carton_contents",
    "carton_items",
    "cartons",
    "chain_heads",
    "code_activity",
    "code_evidence",
    "code_imports",
    "code_rules",
    "data_exports",
    "decisions",
    "detection_reviews",
    "devices",
    "diary_entries",
    "diary_imports",
    "epcis_captures",
    "epcis_errors",
    "epcis_events",
    "epcis_keys",
    "epcis_queries",
    "epcis_staged_errors",
    "epcis_staged_events",
    "epcis_staged_keys",
    "evidence_acts",
    "evidence_texts",
    "evidence_waiting",
    "field_findings",
    "field_phones",
    "field_snapshots",
    "figure_facts",
    "figure_reports",
    "figure_sources",
    "finding_photos",
    "form_drafts",
    "generations",
    "gs1_prefixes",
    "hearing_messages",
    "hearing_photos",
    "hearings",
    "invitation_imports",
    "link_hosts",
    "link_sets",
    "lot_codes",
    "lot_drafts",
    "lot_imports",
    "lot_publications",
    "lot_review_steps",
    "lot_submissions",
    "lot_versions",
    "lots",
    "mail_addresses",
    "mail_requests",
    "mail_waiting",
    "mails",
    "mention_answers",
    "mentions",
    "metadata",
    "notice_sources",
    "notices",
    "order_numbers",
    "order_quotas",
    "orders",
    "organisations",
    "pin_attempts",
    "places",
    "print_keys",
    "print_proofs",
    "product_days",
    "product_list_entries",
    "products",
    "proposals",
    "public_figures",
    "quality_facts",
    "quality_sources",
    "quoted_events",
    "recovery_codes",
    "registered_codes",
    "report_arrivals",
    "report_contacts",
    "report_events",
    "report_evidence",
    "report_groups",
    "report_photos",
    "reports",
    "review_rules",
    "scan_counts",
    "scans",
    "search_words",
    "spans",
    "staff",
    "staff_invitations",
    "staff_sessions",
    "staff_sign_in",
    "staff_tokens",
    "token_uses",
    "transitions",
    "watch_positions",
    "watched_codes",
    "webhooks",
]
