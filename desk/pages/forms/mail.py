"""Forms of e-mail: an address, the link that confirms it, what is wanted, what is ended."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from desk.pages.forms.fields import Count, Form, Text
from ledger.alerts.alert_levels import AlertLevel
from ledger.notices.mail_addresses import MailMode
from web.i18n import Language


class MailAddressForm(Form):
    """An address to use, with password and one-time code; `username` is for password managers."""

    username: str = ""
    address: Text
    language: Language
    password: str
    otp: Text | None = None


class MailTokenForm(Form):
    """The token of the link that confirms an address."""

    token: Annotated[str, StringConstraints(max_length=2000)]


class MailStopForm(Form):
    """The token of a link that ends notices, or what a mailbox sends (RFC 8058)."""

    token: Annotated[str, StringConstraints(max_length=2000)] = ""
    one_click: Annotated[Literal["One-Click"] | None, Field(alias="List-Unsubscribe")] = None


class MailChoiceForm(Form):
    """Kinds of notices that an account wants; a menu is named `kind.` and its kind."""

    level: AlertLevel
    language: Language
    digest_hour: Annotated[Count, Field(ge=0, le=23)]
    modes: dict[str, MailMode] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _collect_modes(cls, values: Any) -> Any:
        menus = [name for name in values if name.startswith("kind.")]
        others = {name: value for name, value in values.items() if name not in menus}
        return others | {"modes": {name.removeprefix("kind."): values[name] for name in menus}}
