"""Forms of sign-ins, of one's own account, and of staff."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from desk.pages.forms.fields import Count, Form, Text, Tick
from ledger import Role
from ledger.trade_kinds import TradeKind
from services.permissions import Permission


class SignInForm(Form):
    """Name, password and one-time code."""

    name: Text = ""
    password: str = ""
    otp: Text | None = None
    next: str = ""
    kept: str = ""


class PasswordForm(Form):
    """The old and the new password; `username` is for password managers."""

    username: str = ""
    old: str
    new: str
    otp: Text | None = None


def _collect_scopes(values: Any) -> Any:
    """A box of the page is named `scope.` and its permission."""
    boxes = [name for name in values if name.startswith("scope.")]
    others = {name: value for name, value in values.items() if name not in boxes}
    return others | {"scopes": [name.removeprefix("scope.") for name in boxes]}


def _require_scopes(scopes: tuple[Permission, ...]) -> tuple[Permission, ...]:
    if not scopes:
        raise PydanticCustomError("flaw.token_scopes", "must be one or more")
    return scopes


class TokenForm(Form):
    """A new token, with password and one-time code; `username` is for password managers."""

    username: str = ""
    label: Text
    days: Annotated[Count, Field(ge=1)]
    password: str
    otp: Text | None = None
    access: Literal["all", "read", "chosen"] = "all"
    """All permissions of the account, those to read, or the ticked ones."""
    scopes: tuple[Permission, ...] = ()
    """The permissions whose boxes are ticked."""

    collect_scopes = model_validator(mode="before")(_collect_scopes)


class OrganisationTokenForm(Form):
    """A new token of an organisation, with password and one-time code."""

    username: str = ""
    label: Text
    days: Annotated[Count, Field(ge=1)]
    password: str
    otp: Text | None = None
    scopes: Annotated[tuple[Permission, ...], AfterValidator(_require_scopes)] = ()
    """The permissions whose boxes are ticked."""

    collect_scopes = model_validator(mode="before")(_collect_scopes)


class InvitationForm(Form):
    """The code of an invitation, and the password that its person chose."""

    invitation: str
    password: str


class JoinForm(Form):
    """Code of an actor's invitation, and the name and password that its person chose."""

    code: str
    name: Text
    password: str


class ActorInvitationForm(Form):
    """An actor of the trade who is invited."""

    kind: TradeKind
    name: Text
    phone: Text | None = None
    province: Text | None = None
    code: Text | None = None


class RoleForm(Form):
    """A role, and where the person works."""

    role: Role
    organisation: Text | None = None


class InviteForm(RoleForm):
    """A person who is invited."""

    name: Text
    account: Text
    mail_to: Text | None = None


class NewLinkForm(Form):
    """Where a new link is sent, if by e-mail."""

    mail_to: Text | None = None


class ResetForm(Form):
    """The reset of somebody else's account: of the password, or of the one-time codes too."""

    codes: Tick = None
    mail_to: Text | None = None


class ProofForm(Form):
    """Password and one-time code; `username` is for password managers."""

    username: str = ""
    password: str
    otp: Text | None = None


class CodeSetupForm(ProofForm):
    """A code of the app that is set up."""

    code: Text


class DeviceForm(Form):
    """A device to be enrolled."""

    label: Text


class EnrolmentForm(Form):
    """The request that a device signed (`stamps.device_enrolment`)."""

    request: Annotated[str, StringConstraints(max_length=2048)] = ""
    code: Text = ""
    """The code alone, sent where no script runs; it enrols nothing."""
