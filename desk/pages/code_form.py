"""The forms of registered codes. Their fields are texts; the use case reads them."""

from desk.forms.invalid_form import Flaw, InvalidForm
from desk.pages.forms import Count, Form, Text, Tick, Ticked
from services.tables.line_flaws import LineFlaw
from traceability.code_forms import CodeKind


class RegisteredCodeForm(Form):
    """A code and what is known of its place; `version` is that of the code that was shown."""

    code: Text | None = None
    kind: Text | None = None
    name: Text | None = None
    organisation: Text | None = None
    household: Text | None = None
    household_agreed: Tick = None
    products: Text | None = None
    hectares: Text | None = None
    yield_t_per_ha: Text | None = None
    province: Text | None = None
    ward: Text | None = None
    lat: Text | None = None
    lon: Text | None = None
    markets: Text | None = None
    valid_from: Text | None = None
    valid_until: Text | None = None
    version: Count | None = None

    @property
    def texts(self) -> dict[str, str]:
        """The fields as a line of a table has them."""
        fields = self.model_dump(mode="json", exclude={"csrf", "key", "version"})
        return {name: text or "" for name, text in fields.items()}


class StatusForm(Form):
    """A suspension, revocation or restoration with its reason."""

    reason: Text
    sure: Ticked


class CodeRuleForm(Form):
    """Whether codes of a kind must be registered."""

    kind: CodeKind
    required: Tick = None


def refuse_fields(flaws: dict[str, LineFlaw]) -> InvalidForm:
    """The refusal of a form with flaws."""
    name, first = next(iter(flaws.items()))
    return InvalidForm(
        [Flaw(field, f"code_flaw.{flaw.reason}", flaw.values) for field, flaw in flaws.items()],
        field=name,
        why=str(first),
    )
