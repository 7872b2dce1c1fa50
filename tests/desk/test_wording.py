"""Wording of the pages: one term is one word in each language, and Vietnamese has one spelling."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FILES = ("desk/texts.toml", "notices/texts.toml", "resolver/texts.toml")
NEW_TONES = re.compile(r"(?<!q)u[ýỳỷỹỵ]\b|o[áàảãạéèẻẽẹ]\b", re.IGNORECASE)
"""`xoá`, `huỷ`: the pages write `xóa`, `hủy`."""
TERMS = {
    "growing area": ("growing area", "vùng trồng", "种植区"),
    "print house": ("print house", "nhà in", "印刷"),
    "carton": ("carton", "thùng", "箱"),
    "recall": ("recall", "thu hồi", "召回"),
    "suspicion": ("suspicion", "nghi", "疑"),
}
"""A term in English, and the word that stands for it in Vietnamese and Chinese."""
MIXED = re.compile(r"\blô tem\b|\bđợt hàng\b|\blots? of stamps\b|\bfake\b", re.IGNORECASE)
"""A batch and a lot are two things, and a suspicion is no finding."""


def list_texts(file: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Key and text of each entry in each language; plural forms are joined."""

    def walk(table: Mapping[str, Any], above: str) -> Iterator[tuple[str, dict[str, str]]]:
        for name, value in table.items():
            if isinstance(value, dict) and {"vi", "en", "zh"} <= set(value):
                yield (
                    f"{above}{name}",
                    {
                        language: text if isinstance(text, str) else " · ".join(text.values())
                        for language, text in value.items()
                    },
                )
            elif isinstance(value, dict):
                yield from walk(value, f"{above}{name}.")

    yield from walk(tomllib.loads((ROOT / file).read_text("utf-8")), "")


@pytest.mark.parametrize("file", FILES)
def test_vietnamese_sets_its_tones_in_one_way_and_confuses_no_terms(file: str) -> None:
    texts = list(list_texts(file))
    assert texts
    spelled = [key for key, text in texts if NEW_TONES.search(text["vi"])]
    mixed = [key for key, text in texts if any(map(MIXED.search, text.values()))]
    assert (spelled, mixed) == ([], [])


@pytest.mark.parametrize("term", TERMS)
def test_a_term_is_one_word_in_each_language(term: str) -> None:
    english, vietnamese, chinese = TERMS[term]
    others = [
        f"{file}: {key}"
        for file in FILES
        for key, text in list_texts(file)
        if english in text["en"].casefold()
        and (vietnamese not in text["vi"].casefold() or chinese not in text["zh"])
    ]
    assert others == []
