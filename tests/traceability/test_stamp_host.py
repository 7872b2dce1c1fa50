"""Addresses of symbols: ours, alike, or another's."""

import json
from pathlib import Path
from typing import Any

import pytest

from traceability.stamp_host import judge_host

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "stamp-hosts-v1.json").read_text())


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: ascii(case["text"])[:60])
def test_a_host_is_judged_as_the_vectors_say(case: dict[str, Any]) -> None:
    verdict = judge_host(case["text"], VECTORS["own"])
    assert (verdict.kind, list(verdict.reasons)) == (case["kind"], case["reasons"])
    assert verdict.is_ours == (case["kind"] in ("own", "none"))


def test_a_demo_by_number_and_without_https_is_its_own_and_resembles_nothing() -> None:
    own = ["127.0.0.1:8080"]
    assert judge_host("http://127.0.0.1:8080/S/X", own, scheme="http").kind == "own"
    assert judge_host("http://127.0.0.1:9090/S/X", own, scheme="http").reasons == ("port",)
    assert judge_host("http://127.0.0.2:8080/S/X", own, scheme="http").kind == "foreign"


@pytest.mark.parametrize(
    "text", ["://", "https://", "https:///S/X", "a" * 100_000, "h" * 2000 + "://x"]
)
def test_odd_texts_are_judged_at_once(text: str) -> None:
    assert judge_host(text, ["VERITEM.VN"]).kind in ("none", "foreign")
