import re
from pathlib import Path

from detection.verdict import Reason, Verdict
from ledger import REPORT_KINDS
from ledger.codes.code_evidence import EVIDENCE_KINDS
from resolver import texts
from resolver.pages.public_figures import COLUMNS
from resolver.problems import PROBLEMS
from resolver.texts import WORDS
from stamps.lifecycle import REASONS, Transition
from traceability.lot_changes import CorrectionReason, LotPart
from traceability.parties import PartyKind
from traceability.stages import Stage
from web.i18n import LANGUAGES

ROOM = Path(texts.__file__).parent


def test_every_text_is_there_in_all_three_languages() -> None:
    keys = {language: set(WORDS[language]) for language in LANGUAGES}
    assert keys["vi"] == keys["en"] == keys["zh"]
    for language in LANGUAGES:
        assert all(WORDS[language](key).strip() for key in keys[language])


def test_verdicts_reasons_and_stages_all_have_words() -> None:
    for verdict in (*Verdict, "unsure", "unsigned"):
        for part in ("title", "lead", "advice"):
            assert WORDS["vi"].has(f"verdict.{verdict}.{part}")
    for reason in (*Reason, "history_missing", "state_stale", "signature_unseen"):
        assert WORDS["vi"].has(f"reason.{reason}")
    for stage in Stage:
        assert WORDS["vi"].has(f"stage.{stage}")
    assert {k for k in WORDS["vi"] if k.startswith("part.")} == {f"part.{p}" for p in LotPart}
    assert {k for k in WORDS["vi"] if k.startswith("correction.")} == {
        f"correction.{reason}" for reason in CorrectionReason
    }


def test_every_text_is_used_somewhere() -> None:
    sources = "".join(
        path.read_text() for path in ROOM.rglob("*") if path.suffix in (".py", ".html")
    )
    said = {key for key in WORDS["vi"] if f'"{key}"' in sources or f"'{key}'" in sources}
    named = (
        {f"stage.{stage}" for stage in Stage}
        | {f"problem.{code}" for code in PROBLEMS}
        | {
            f"reason.{reason}"
            for reason in (*Reason, "history_missing", "state_stale", "signature_unseen")
        }
        | {f"report.{kind}" for kind in REPORT_KINDS}
        | {f"evidence.{kind}" for kind in EVIDENCE_KINDS}
        | {f"figures.{column}" for column in COLUMNS}
        | {f"recall.{reason}" for reason in REASONS[Transition.RECALL]}
        | {f"lot.producer_{kind}" for kind in PartyKind}
        | {f"lot.{fact}" for fact in re.findall(r'fact\("(\w+)"', sources)}
    )
    families = (
        "verdict.",
        "lot.growing_area",
        "lot.farming_area",
        "lot.packing_house",
        "part.",
        "correction.",
    )
    assert [k for k in WORDS["vi"] if k not in said | named and not k.startswith(families)] == []


def test_nobody_is_told_that_a_stamp_is_fake() -> None:
    said = {
        language: " ".join(WORDS[language](key) for key in WORDS[language])
        for language in LANGUAGES
    }
    assert not re.search(r"\bgiả\b|hàng nhái", said["vi"].lower())
    assert not re.search(r"\bfakes?\b|counterfeit", said["en"].lower())
    assert not re.search("假冒|伪造|假货", said["zh"])
    assert "nghi vấn" in said["vi"].lower()
