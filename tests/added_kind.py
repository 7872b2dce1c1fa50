"""A kind of produce that is added by one more table: what a new profile needs, and nothing else."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from traceability import lot_profiles
from traceability.lot_profiles import LotProfile, find_profile, load_profiles

INSECTS = """
kind = "insects"
name = { vi = "Côn trùng", en = "Insects", zh = "昆虫" }
code_kinds = ["farming_area", "packing_house"]
items = ["lot_code", "product_name", "farming_area", "hives", "sex", "weighed_on"]

[item.hives]
group = "care"
type = "count"
mandatory = true
label = { vi = "số tổ", en = "hives", zh = "蜂箱数" }
plan = "ii"

[item.sex]
group = "care"
type = "choice"
choices = { female = { vi = "cái", en = "female", zh = "雌" }, male = { vi = "đực", en = "male", zh = "雄" } }
label = { vi = "giới tính", en = "sex", zh = "性别" }
plan = "ii"

[item.weighed_on]
group = "care"
type = "day"
label = { vi = "ngày cân", en = "weighed on", zh = "称重日" }
plan = "ii"
"""  # noqa: E501 - one line of TOML


@pytest.fixture
def insects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LotProfile]:
    """A new kind of produce: one more table in the folder."""
    for file in lot_profiles.FOLDER.iterdir():
        (tmp_path / file.name).write_text(file.read_text("utf-8"), "utf-8")
    (tmp_path / "insects.toml").write_text(INSECTS, "utf-8")
    monkeypatch.setattr(lot_profiles, "FOLDER", tmp_path)
    load_profiles.cache_clear()
    yield find_profile("insects")
    monkeypatch.undo()
    load_profiles.cache_clear()
