"""Settings of chain heads: where the signer lies, what it pushes to, what services check."""

from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_MAIL_SCHEMES: Final = ("smtps", "smtp")
_ADDRESS: Final = r"^[^@\s,<>]+@[^@\s,<>]+$"


class HeadSettings(BaseModel):
    """Signed chain heads and the places that keep them."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    directory: Path = Path("var/heads")
    """Folder of the signer, off the database's host: `heads.json`, `state.json`, `public.json`."""
    passphrase: SecretStr = SecretStr("")
    """Decrypts the key that signs chain heads; only `veritem heads` needs it."""
    public_keys: Path = Path("var/heads/public.json")
    """The signer's public keys, for services that check their ledger and for `audit verify`."""
    folder: str = ""
    """Folder that heads are appended to, and that services check their ledger against at start."""
    collector: str = ""
    """Address that heads are posted to as JSONL; https, or http on this machine."""
    collector_secret: SecretStr = SecretStr("")
    """Bearer secret of the collector."""
    mail_server: str = ""
    """Mail server: `smtps://user@host`, or `smtp://user@host` with STARTTLS."""
    mail_password: SecretStr = SecretStr("")
    """Password of the user at the mail server."""
    mail_from: Annotated[str, Field(pattern=rf"^$|{_ADDRESS}")] = ""
    """Sender of the mails."""
    mail_to: tuple[Annotated[str, Field(pattern=_ADDRESS)], ...] = ()
    """Auditors who get the heads by e-mail."""
    mail_minutes: Annotated[int, Field(ge=1, le=1440)] = 60
    """Least time between two mails; the heads since the last one are attached."""
    interval_seconds: Annotated[float, Field(ge=0.1, le=3600)] = 1.0
    """The ledger is asked for changes so often; a head covers all of them."""
    admin_host: str = "127.0.0.1"
    """Address of the admin port (metrics) of `veritem heads serve`."""
    admin_port: Annotated[int, Field(ge=0, le=65535)] = 9060
    """Port of the metrics; 0 takes a free one."""

    @field_validator("collector")
    @classmethod
    def _check_collector(cls, url: str) -> str:
        parts = urlsplit(url)
        is_local = parts.scheme == "http" and parts.hostname in _LOOPBACK
        if url and parts.scheme != "https" and not is_local:
            raise ValueError("must be an https address; http is for this machine alone")
        if url and (not parts.hostname or "@" in parts.netloc):
            raise ValueError("must name a host, without user and password")
        return url

    @field_validator("mail_server")
    @classmethod
    def _check_mail_server(cls, url: str) -> str:
        parts = urlsplit(url)
        if url and (parts.scheme not in _MAIL_SCHEMES or not parts.hostname):
            raise ValueError("must be smtps://user@host or smtp://user@host")
        if parts.password is not None:
            raise ValueError("must hold no password: heads.mail_password has it")
        return url

    @model_validator(mode="after")
    def _check_mail(self) -> "HeadSettings":
        given = [bool(self.mail_server), bool(self.mail_from), bool(self.mail_to)]
        if any(given) and not all(given):
            raise ValueError("mail_to: mail needs mail_server, mail_from and mail_to together")
        return self
