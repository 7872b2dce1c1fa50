"""Label designs as data: positions in millimetres from the label's top left corner.

A design comes from TOML or JSON (`parse_design`) and is checked before anything is drawn; every
refusal states the numbers. The symbol's side follows from the module size, because modules are
what phones resolve and presses hold: ``(modules + 2 · quiet) · module_um``. ISO/IEC 18004 asks for
a quiet zone of four modules; 0.33 mm is the smallest module that ordinary phones read on a curved
fruit.

A text may have one placeholder, which each stamp fills: ``{code}`` (four groups of five),
``{code.head}`` and ``{code.tail}`` (two groups each), ``{roll}``, ``{pin}``. Other names in braces
are the design's own ``fields`` (a product, a province), the same on every label.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Literal, NoReturn, TypeVar, cast, get_args

from printing.errors import DesignRefused
from printing.labels.fonts import Face, compose_text, subset_font
from printing.operands import MM, Ink
from printing.qr.encoder import SymbolEncoder, learn_encoder, strongest_level
from printing.qr.payload import Piece
from printing.qr.segno_encoder import LEVELS, Level
from web.text_files import decode_text

Align = Literal["left", "centre", "right"]

BLACK: Final[Ink] = (0, 0, 0, 100)
WHITE: Final[Ink] = (0, 0, 0, 0)
GREEN: Final[Ink] = (88, 25, 90, 30)
LEAST_QUIET: Final = 4  # modules, ISO/IEC 18004 clause 9.1
LEAST_MODULE_UM: Final = 330
PLACEHOLDER_WIDTHS: Final = {"code": 23, "code.head": 11, "code.tail": 11, "roll": 17, "pin": 8}

# Characters of a line with a placeholder: such lines have one byte a letter, and a PDF string must
# not contain brackets.
VARIABLE_CHARACTERS: Final = frozenset(
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz ·-–.:#/"
)

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class TextLine:
    """One line of text; (x, y) is the start, middle or end of its baseline, as aligned."""

    text: str
    x_mm: float
    y_mm: float
    size_pt: float = 6.0
    face: Face = "regular"
    align: Align = "left"
    ink: Ink = BLACK

    @property
    def placeholder(self) -> str | None:
        """The placeholder that each stamp fills, if there is one."""
        return next((n for n in _PLACEHOLDER.findall(self.text) if n in PLACEHOLDER_WIDTHS), None)


@dataclass(frozen=True)
class Box:
    """A filled rectangle, its corners rounded by ``radius_mm``; (x, y) is its top left."""

    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float
    ink: Ink = BLACK
    radius_mm: float = 0.0


@dataclass(frozen=True)
class Design:
    """A label. (``symbol_x_mm``, ``symbol_y_mm``) is the top left of the symbol's quiet zone.

    ``level`` is the least error level; unless ``raise_level`` is false, a higher one is used where
    it does not enlarge the symbol.

    ``symbol_um`` is the side of the artwork's window for the symbol and its quiet zone, if there
    is one. ``pin_panel`` is the place of the scratch layer.
    """

    name: str
    width_mm: float
    height_mm: float
    symbol_x_mm: float
    symbol_y_mm: float
    module_um: int
    quiet_modules: int = LEAST_QUIET
    symbol_um: int | None = None
    level: Level = "M"
    raise_level: bool = True
    least_module_um: int = LEAST_MODULE_UM
    ink: Ink = BLACK
    boxes: tuple[Box, ...] = ()
    texts: tuple[TextLine, ...] = ()
    pin_panel: Box | None = None
    bleed_mm: float = 0.0
    artwork: Path | None = None
    fields: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not (self.width_mm > 0 and self.height_mm > 0):
            _refuse(f"a label of {self.width_mm:g} × {self.height_mm:g} mm has no area")
        if self.level not in LEVELS:
            _refuse(f"there is no error level {self.level!r}; there are {', '.join(LEVELS)}")
        if self.module_um < self.least_module_um:
            _refuse(
                f"modules of {self.module_um / 1000:g} mm are under the least of "
                f"{self.least_module_um / 1000:g} mm",
                module_um=self.module_um,
                least_module_um=self.least_module_um,
            )
        if self.quiet_modules < LEAST_QUIET:
            _refuse(
                f"the quiet zone of {self.quiet_modules} modules is too narrow: ISO/IEC 18004 asks "
                f"for {LEAST_QUIET}",
                quiet_modules=self.quiet_modules,
            )
        for text in self.texts:
            self._check_placeholders(text)

    def _check_placeholders(self, text: TextLine) -> None:
        if text.face not in get_args(Face) or text.align not in get_args(Align):
            _refuse(f"{text.text!r} has the face {text.face!r} and alignment {text.align!r}")
        names = _PLACEHOLDER.findall(text.text)
        for name in names:
            if name not in PLACEHOLDER_WIDTHS and name not in self.fields:
                known = ", ".join([*PLACEHOLDER_WIDTHS, *self.fields])
                _refuse(f"{text.text!r} asks for {{{name}}}; there are {known}", field=name)
        if sum(n in PLACEHOLDER_WIDTHS for n in names) > 1:
            _refuse(f"{text.text!r} has two placeholders; a line can have one")
        foreign = (
            set(self.fill_fields(text).replace(f"{{{text.placeholder}}}", "")) - VARIABLE_CHARACTERS
        )
        if text.placeholder and foreign:
            _refuse(
                f"{text.text!r} has {' '.join(sorted(foreign))} beside its placeholder; put words "
                "with marks on a line of their own"
            )

    @property
    def wants_pin(self) -> bool:
        """Whether a PIN is printed on the label."""
        return any(text.placeholder == "pin" for text in self.texts)

    def make_encoder(self, payload: tuple[Piece, ...]) -> SymbolEncoder:
        """The symbol encoder of this design for one payload. Raises `PayloadTooLong`."""
        return learn_encoder(
            payload, strongest_level(payload, self.level) if self.raise_level else self.level
        )

    def side_mm(self, modules: int) -> float:
        """Side of the symbol without its quiet zone."""
        return modules * self.module_um / 1000

    def quiet_mm(self) -> float:
        """Width of the quiet zone."""
        return self.quiet_modules * self.module_um / 1000

    def fill_fields(self, text: TextLine) -> str:
        """The text with the design's own fields filled in and its placeholder kept."""
        return compose_text(_PLACEHOLDER.sub(lambda m: self.fields.get(m[1], m[0]), text.text))

    def check_fit(self, modules: int) -> None:
        """Check that everything fits a symbol of this side. Raises `DesignRefused`."""
        whole = self.side_mm(modules) + 2 * self.quiet_mm()
        if self.symbol_um is not None and whole * 1000 > self.symbol_um + 0.5:
            _refuse(
                f"{modules} modules of {self.module_um / 1000:g} mm and {self.quiet_modules} of "
                f"quiet zone on each side need {whole:g} mm; the design leaves "
                f"{self.symbol_um / 1000:g} mm",
                needed_mm=whole,
                symbol_um=self.symbol_um,
            )
        self._inside("the symbol with its quiet zone", self.symbol_x_mm, self.symbol_y_mm, whole)
        symbol = Box(self.symbol_x_mm, self.symbol_y_mm, whole, whole)
        for text in self.texts:
            extent = self._extent(text)
            words = f"the text {self.fill_fields(text)!r}"
            if not _covers(Box(0, 0, self.width_mm, self.height_mm), extent):
                _refuse(
                    f"{words} runs from {extent.x_mm:.2f} to {extent.x_mm + extent.width_mm:.2f} "
                    f"mm across and {extent.y_mm:.2f} to {extent.y_mm + extent.height_mm:.2f} mm "
                    f"down, outside the label of {self.width_mm:g} × {self.height_mm:g} mm"
                )
            if _meet(symbol, extent):
                _refuse(f"{words} reaches into the symbol's quiet zone of {whole:.2f} mm")
        if self.wants_pin and self.pin_panel is None:
            _refuse("a PIN is printed but the design has no pin_panel to scratch")

    def _inside(self, what: str, x: float, y: float, side: float) -> None:
        if x < 0 or y < 0 or x + side > self.width_mm + 1e-6 or y + side > self.height_mm + 1e-6:
            _refuse(
                f"{what} covers {x:g}–{x + side:g} mm across and {y:g}–{y + side:g} mm down; "
                f"the label has {self.width_mm:g} × {self.height_mm:g} mm"
            )

    def _extent(self, text: TextLine) -> Box:
        """The box of the text with its longest filling."""
        said = self.fill_fields(text)
        if text.placeholder:
            said = said.replace(
                f"{{{text.placeholder}}}", "0" * PLACEHOLDER_WIDTHS[text.placeholder]
            )
        face = "mono" if text.placeholder else text.face
        font = subset_font(face, frozenset(said))
        width = font.width(said) * text.size_pt / 1000 / MM
        left = {"left": 0.0, "centre": width / 2, "right": width}[text.align]
        up = font.cap_height * text.size_pt / 1000 / MM
        return Box(text.x_mm - left, text.y_mm - up, width, up)


Part = TypeVar("Part", Box, TextLine)


def _covers(outer: Box, inner: Box) -> bool:
    return (
        inner.x_mm >= outer.x_mm
        and inner.y_mm >= outer.y_mm
        and inner.x_mm + inner.width_mm <= outer.x_mm + outer.width_mm
        and inner.y_mm + inner.height_mm <= outer.y_mm + outer.height_mm
    )


def _meet(a: Box, b: Box) -> bool:
    return (
        a.x_mm < b.x_mm + b.width_mm
        and b.x_mm < a.x_mm + a.width_mm
        and a.y_mm < b.y_mm + b.height_mm
        and b.y_mm < a.y_mm + a.height_mm
    )


def _refuse(why: str, **evidence: Any) -> NoReturn:
    raise DesignRefused(why=why, **evidence)


def parse_design(document: Mapping[str, Any], home: Path | None = None) -> Design:
    """Read a design from a mapping; a relative artwork path starts at ``home``.

    Raises `DesignRefused` naming a field that is unknown, missing or of the wrong kind.
    """
    known = {f.name for f in fields(Design)}
    if unknown := sorted(set(document) - known):
        _refuse(f"a design has no {', '.join(unknown)}; it has {', '.join(sorted(known))}")
    values = dict(document)
    try:
        if "ink" in values:
            values["ink"] = _ink(values["ink"])
        values["boxes"] = tuple(_part(Box, b) for b in values.get("boxes", ()))
        values["texts"] = tuple(_part(TextLine, t) for t in values.get("texts", ()))
        if values.get("pin_panel") is not None:
            values["pin_panel"] = _part(Box, values["pin_panel"])
        if values.get("artwork") is not None:
            values["artwork"] = (home or Path()) / values["artwork"]
        return Design(**values)
    except (TypeError, ValueError, AttributeError) as wrong:
        raise DesignRefused(why=f"the design cannot be read: {wrong}") from wrong


def load_design(path: Path) -> Design:
    """Read a design from a ``.toml`` or ``.json`` file. Raises `DesignRefused`."""
    try:
        text = decode_text(path.read_bytes())
        document = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (OSError, ValueError) as wrong:
        raise DesignRefused(why=f"{path} cannot be read as a design: {wrong}") from wrong
    if not isinstance(document, dict):
        raise DesignRefused(why=f"{path} holds no design but a {type(document).__name__}")
    return parse_design(document, path.parent)


def _part(kind: type[Part], document: Mapping[str, Any]) -> Part:
    values = dict(document)
    if "ink" in values:
        values["ink"] = _ink(values["ink"])
    return kind(**values)


def _ink(values: Any) -> Ink:
    if (
        not isinstance(values, list | tuple)
        or len(values) != 4
        or not all(isinstance(v, int | float) and 0 <= v <= 100 for v in values)
    ):
        raise ValueError(f"an ink is four per cents of cyan, magenta, yellow, black: {values!r}")
    return cast(Ink, tuple(float(v) for v in values))
