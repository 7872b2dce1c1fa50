"""Label designs: parsing, placeholders, and refusals with their numbers."""

import dataclasses
import json

import pytest

from printing import SEALED_DESIGN, SIGNED_DESIGN, load_design
from printing.errors import DesignRefused, GlyphMissing
from printing.labels.design import Box, TextLine, parse_design
from printing.qr.payload import VariableField

PLAIN = {
    "name": "plain",
    "width_mm": 40,
    "height_mm": 20,
    "symbol_x_mm": 1,
    "symbol_y_mm": 1,
    "module_um": 400,
}


def test_the_built_in_designs_fit_their_symbols() -> None:
    SEALED_DESIGN.check_fit(29)
    SIGNED_DESIGN.check_fit(41)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"module_um": 329}, r"modules of 0\.329 mm are under the least of 0\.33 mm"),
        ({"module_um": 399, "least_module_um": 400}, r"0\.399 mm are under the least of 0\.4 mm"),
        ({"quiet_modules": 3}, "quiet zone of 3 modules is too narrow: ISO/IEC 18004 asks for 4"),
        ({"width_mm": 0}, "no area"),
        ({"level": "X"}, "no error level 'X'; there are L, M, Q, H"),
        ({"texts": [{"text": "a", "x_mm": 1, "y_mm": 2, "face": "serif"}]}, "face 'serif'"),
        (
            {"texts": [{"text": "{serial}", "x_mm": 1, "y_mm": 2}]},
            r"asks for \{serial\}; there are code",
        ),
        ({"texts": [{"text": "{roll} {pin}", "x_mm": 1, "y_mm": 2}]}, "two placeholders"),
        ({"texts": [{"text": "Mã: {code}", "x_mm": 1, "y_mm": 2}]}, "has ã beside its placeholder"),
        ({"texts": [{"text": "({roll})", "x_mm": 1, "y_mm": 2}]}, r"has \( \) beside"),
        ({"colour": "red"}, "a design has no colour"),
        ({"texts": [{"words": "?"}]}, "cannot be read"),
        ({"ink": [0, 0, 0]}, "an ink is four per cents"),
        ({"ink": [0, 0, 0, 101]}, "an ink is four per cents"),
    ],
)
def test_an_invalid_design_is_refused(changes, why) -> None:
    with pytest.raises(DesignRefused, match=why):
        parse_design({**PLAIN, **changes})


@pytest.mark.parametrize(
    ("changes", "modules", "why"),
    [
        (
            {"symbol_um": 14000},
            29,
            r"29 modules of 0\.4 mm .* need 14\.8 mm; the design leaves 14 mm",
        ),
        ({}, 45, "the label has 40 × 20 mm"),
        ({"texts": (TextLine("đúng", 39, 10),)}, 29, "outside the label of 40 × 20 mm"),
        (
            {"texts": (TextLine("{code.head}", 12, 10),)},
            29,
            "reaches into the symbol's quiet zone of 14.80 mm",
        ),
        ({"texts": (TextLine("{pin}", 20, 10),)}, 29, "no pin_panel to scratch"),
    ],
)
def test_a_design_that_does_not_fit_the_symbol_is_refused(changes, modules, why) -> None:
    with pytest.raises(DesignRefused, match=why):
        dataclasses.replace(parse_design(PLAIN), **changes).check_fit(modules)


def test_the_smallest_allowed_numbers_are_accepted() -> None:
    parse_design({**PLAIN, "module_um": 330, "quiet_modules": 4, "symbol_um": 12210}).check_fit(29)


def test_a_letter_that_the_font_lacks_is_named() -> None:
    design = dataclasses.replace(parse_design(PLAIN), texts=(TextLine("榴莲", 20, 10),))
    with pytest.raises(GlyphMissing, match="榴"):
        design.check_fit(29)


def test_fields_fill_placeholders() -> None:
    design = parse_design(
        {
            **PLAIN,
            "fields": {"produce": "Sầu riêng Ri6"},
            "texts": [{"text": "{produce}", "x_mm": 17, "y_mm": 5}],
        }
    )
    assert design.fill_fields(design.texts[0]) == "Sầu riêng Ri6"
    design.check_fit(29)


TOML = """
name = "hàng xuất khẩu"
width_mm = 40
height_mm = 20
symbol_x_mm = 1
symbol_y_mm = 1
module_um = 400
artwork = "nền.pdf"
[[texts]]
text = "{code.head}"
x_mm = 17
y_mm = 6
[pin_panel]
x_mm = 17
y_mm = 8
width_mm = 10
height_mm = 4
ink = [0, 0, 0, 20]
"""


def test_toml_and_json_designs_are_parsed(tmp_path) -> None:
    (tmp_path / "a.toml").write_text(TOML)
    design = load_design(tmp_path / "a.toml")
    assert design.texts == (TextLine("{code.head}", 17, 6),)
    assert design.pin_panel == Box(17, 8, 10, 4, (0, 0, 0, 20))
    assert design.artwork == tmp_path / "nền.pdf"
    (tmp_path / "b.json").write_text(json.dumps(PLAIN))
    assert load_design(tmp_path / "b.json") == parse_design(PLAIN)
    for encoding in ("utf-8-sig", "utf-16"):
        (tmp_path / "b.json").write_bytes(json.dumps(PLAIN).encode(encoding))
        assert load_design(tmp_path / "b.json") == parse_design(PLAIN)


@pytest.mark.parametrize("text", ["name = ", "\x00"])
def test_an_unreadable_design_is_refused_with_its_path(tmp_path, text) -> None:
    (tmp_path / "x.toml").write_text(text)
    with pytest.raises(DesignRefused, match=r"x\.toml cannot be read"):
        load_design(tmp_path / "x.toml")


def test_a_json_list_is_refused(tmp_path) -> None:
    (tmp_path / "x.json").write_text("[]")
    with pytest.raises(DesignRefused, match="holds no design but a list"):
        load_design(tmp_path / "x.json")


def test_a_higher_level_is_used_when_the_symbol_stays_the_same_size() -> None:
    design = parse_design(PLAIN)
    short, long = (
        ("HTTPS://VERITEM.VN/S/", VariableField(20)),
        ("HTTPS://VERITEM.VN/PRODUCE/S/", VariableField(20)),
    )
    assert (design.make_encoder(short).level, design.make_encoder(short).modules) == ("Q", 29)
    assert (design.make_encoder(long).level, design.make_encoder(long).modules) == ("M", 29)
    exact = dataclasses.replace(design, raise_level=False)
    assert (exact.make_encoder(short).level, exact.make_encoder(short).modules) == ("M", 29)
