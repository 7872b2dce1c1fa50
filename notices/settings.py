"""Settings of the notice service: webhooks and e-mail."""

from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PositiveFloat,
    PositiveInt,
    SecretStr,
    field_validator,
    model_validator,
)

from ledger.notices.typed_mail_address import ADDRESS_PATTERN

_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


class NoticeSettings(BaseModel):
    """Settings of the notice service, which sends messages to webhooks and mail to people."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    in_desk: bool = True
    """Whether the desk's process sends the messages; false where `veritem notices` runs."""
    secrets: Path = Path("var/notices")
    """Folder of `webhooks.keys`, which seals the secrets of webhooks. Desk and notice service
    read it, no other service may. Back it up."""
    secrets_key: SecretStr = SecretStr("")
    """Keys that seal the secrets of webhooks, in place of `webhooks.keys`: 32 bytes each in
    base64url, separated by blanks, the newest first."""
    ledger: Annotated[str, Field(json_schema_extra={"filled_from": "ledger.url"})] = (
        "sqlite:///var/veritem.db"
    )
    """Address of the ledger, with the login of the notice service."""
    ledger_answer_seconds: PositiveFloat = 10.0
    """Seconds that PostgreSQL may take for an answer (writes: ten more)."""
    admin_host: str = "127.0.0.1"
    """Address of the admin port (metrics) of `veritem notices`."""
    admin_port: Annotated[int, Field(ge=0, le=65535)] = 9073
    """Port of the metrics; 0 takes a free one."""
    concurrent: PositiveInt = 16
    """Webhooks that are sent to at a time."""
    answer_seconds: PositiveFloat = 15.0
    """Seconds of one delivery, from the name's resolution to the last byte of the answer."""
    mail_server: str = ""
    """Mail server for notices to people: `smtp://user@host:587` (STARTTLS) or
    `smtps://user@host`. Empty: no mail is sent, and the account page says so."""
    mail_password: SecretStr = SecretStr("")
    """Password of the user at the mail server."""
    mail_from: Annotated[str, Field(pattern=rf"^$|{ADDRESS_PATTERN}")] = ""
    """Address that mail comes from."""
    mail_starttls: Literal["required", "off"] = "required"
    """Whether `smtp://` must be encrypted; `off` only for a mail server of this machine."""
    mail_seconds: PositiveFloat = 30.0
    """Seconds of one answer of the mail server."""
    desk_url: Annotated[str, Field(json_schema_extra={"filled_from": "desk.public_url"})] = (
        "http://127.0.0.1:8090"
    )
    """Public address of the desk, for the links in mails."""

    @property
    def sends_mail(self) -> bool:
        """Whether mail is sent."""
        return bool(self.mail_server)

    @field_validator("mail_server")
    @classmethod
    def _check_mail_server(cls, url: str) -> str:
        parts = urlsplit(url)
        if url and (parts.scheme not in ("smtp", "smtps") or not parts.hostname):
            raise ValueError("must be smtps://user@host or smtp://user@host")
        if parts.password is not None:
            raise ValueError("must hold no password: notices.mail_password has it")
        return url

    @model_validator(mode="after")
    def _check_mail(self) -> "NoticeSettings":
        if bool(self.mail_server) != bool(self.mail_from):
            raise ValueError("mail_from: mail needs mail_server and mail_from together")
        parts = urlsplit(self.mail_server)
        if self.mail_starttls == "off" and self.mail_server and parts.hostname not in _LOOPBACK:
            raise ValueError("mail_starttls: off is for a mail server of this machine alone")
        return self
