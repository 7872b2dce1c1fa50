"""Judgement of proofs: reading order, order, duplicates, missing stamps and grades."""

import itertools
import math

import pytest

from printing.proofs.judgement import ProofSymbol, judge


def symbol(
    row: int, column: int, index: int | None, *, turned: float = 0.0, **changes: float
) -> ProofSymbol:
    """A symbol of 30 pixels in a grid of 100, the sheet turned by so many degrees."""
    angle = math.radians(turned)
    cos, sin = math.cos(angle), math.sin(angle)
    corners = []
    for x, y in ((0, 0), (30, 0), (30, 30), (0, 30)):
        across, down = column * 100 + x, row * 100 + y
        corners.append((round(across * cos - down * sin), round(across * sin + down * cos)))
    measures = {"contrast": 0.9, "damage": 0.0, **changes}
    return ProofSymbol(tuple(corners), "good", index, **measures)


def sheet(indexes: list[int], across: int = 3, turned: float = 0.0) -> list[ProofSymbol]:
    return [symbol(*divmod(at, across), index, turned=turned) for at, index in enumerate(indexes)]


@pytest.mark.parametrize("turned", [0, 3, -4, 90, 180, 271])
def test_reading_order_does_not_depend_on_how_the_picture_is_turned(turned: float) -> None:
    found = judge(list(reversed(sheet(list(range(12)), turned=turned))))
    assert [one.index for one in found.symbols] == list(range(12))
    assert found.is_good


def test_order_and_duplicates() -> None:
    found = judge(sheet([0, 2, 1, 3, 4, 4]))
    assert [one.finding for one in found.symbols if one.index == 4] == ["duplicate"] * 2
    assert found.count("misordered") == 1
    assert not found.is_good


def test_missing_stamps_follow_the_step_of_the_sheet() -> None:
    assert judge(sheet([0, 1, 3, 4])).missing == (2,)
    pile = judge(sheet([7, 107, 207, 407]))  # each place has every hundredth stamp
    assert pile.missing == (307,)
    assert judge(sheet([0, 500_000])).missing == ()


def test_the_lower_grade_counts() -> None:
    grades = {
        (0.9, 0.0): "A",
        (0.6, 0.0): "B",
        (0.9, 0.55): "C",
        (0.3, 0.0): "D",
        (0.9, 0.9): "F",
    }
    for (contrast, damage), grade in grades.items():
        one = symbol(0, 0, 1, contrast=contrast, damage=damage)
        assert one.grade == grade
        assert judge([one]).symbols[0].finding == ("poor" if grade in "DF" else "good")


def test_nothing_seen_is_not_good() -> None:
    assert not judge([]).is_good


def test_the_judgement_does_not_depend_on_the_order_that_symbols_are_found_in() -> None:
    symbols = sheet([0, 3, 1, 1, 9])
    first = judge(symbols)
    for order in itertools.permutations(symbols):
        assert judge(order) == first
