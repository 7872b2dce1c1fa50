"""What is grown: the kind of produce that a lot is of."""

from dataclasses import dataclass
from typing import Any

from traceability.atlas import Language
from traceability.gs1_values import parse_gtin
from traceability.parties import present
from traceability.reading import Fields, MalformedLot


@dataclass(frozen=True)
class Product:
    """A kind of produce. `name` by language (`vi` always), `image` a path or https address."""

    code: str
    name: dict[str, str]
    image: str | None = None
    gtin: str | None = None

    def called(self, language: Language) -> str:
        """The name in a language, Vietnamese where there is none."""
        return self.name.get(language, self.name["vi"])

    def document(self) -> dict[str, Any]:
        """The product as JSON."""
        return present(code=self.code, name=dict(self.name), image=self.image, gtin=self.gtin)

    @classmethod
    def read(cls, fields: Fields) -> "Product":
        """Read it.

        Raises:
            MalformedLot: a field that is missing, malformed or unknown.
        """
        code, number = fields.text("code"), fields.checked("gtin", parse_gtin)
        image = fields.checked("image", _image)
        name = fields.fields("name")
        names = {language: name.maybe_text(language) for language in ("vi", "en", "zh")}
        if names["vi"] is None:
            raise MalformedLot(field=name.at("vi"), why="is missing")
        name.done()
        fields.done()
        return cls(code, {k: v for k, v in names.items() if v is not None}, image, number)


def _image(text: str) -> str:
    # A page shows it: only addresses that a browser fetches, none that it runs.
    local = text.startswith("/") and not text.startswith("//")
    if not (local or text.startswith("https://")) or any(c in text for c in " \"'<>\\"):
        raise ValueError("must be a path from / or an https address")
    return text
