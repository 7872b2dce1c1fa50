"""A kind of produce that is added by one more table: what a new profile needs, and nothing else."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from traceability import lot_profiles
from traceability.lot_profiles import LotProfile, find_profile, load_profiles

CATTLE = """
kind = "livestock"
name = { vi = "Gia súc", en = "Livestock", zh = "畜产品" }
code_kinds = ["farming_area", "packing_house"]
items = ["lot_code", "product_name", "farming_area", "ear_tags", "sex", "weighed_on"]

[item.ear_tags]
group = "care"
type = "count"
mandatory = true
label = { vi = "số thẻ tai", en = "ear tags", zh = "耳标数" }
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
def livestock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LotProfile]:
    """A third kind of produce: one more table in the folder."""
    for file in lot_profiles.FOLDER.iterdir():
        (tmp_path / file.name).write_text(file.read_text("utf-8"), "utf-8")
    (tmp_path / "livestock.toml").write_text(CATTLE, "utf-8")
    monkeypatch.setattr(lot_profiles, "FOLDER", tmp_path)
    load_profiles.cache_clear()
    yield find_profile("livestock")
    monkeypatch.undo()
    load_profiles.cache_clear()
