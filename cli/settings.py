"""Settings of an installation: the sections of all packages, and where they are read from."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
    model_validator,
)

import config
from attachments import AttachmentSettings
from claims.settings import ClaimSettings
from cli.backup_settings import BackupSettings
from cli.head_settings import HeadSettings
from config import LayeredSettings, load_settings, model_from_dataclass
from desk.settings import DeskSettings
from detection.rules import Rules
from ledger.storage.urls import parse_ledger_url
from notices.settings import NoticeSettings
from resolver.settings import ResolverSettings

LOCAL_FILE: Final = Path("veritem.toml")
"""The settings file in the working directory."""
EMBEDDED_FILE: Final = Path(config.__file__).parent / "embedded.toml"
"""The default: one machine, one process, files under `var/`."""

_SECTION: Final = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class LedgerSettings(BaseModel):
    """The ledger's address."""

    model_config = _SECTION

    url: str = "sqlite:///var/veritem.db"
    """`sqlite:///path` or `postgresql://user@host/name`; the options are those of libpq."""

    @field_validator("url")
    @classmethod
    def _check_url(cls, url: str) -> str:
        parse_ledger_url(url)
        return url


class KeySettings(BaseModel):
    """The key store and its passphrases."""

    model_config = _SECTION

    directory: Path = Path("var/keys")
    """Folder of `masters.json`, `signing.json`, `opening.json`, `claims.json`, `public.json`."""
    masters_passphrase: SecretStr = SecretStr("")
    """Decrypts the epochs' masters; only the issuer needs it. Never give it to a service."""
    signing_passphrase: SecretStr = SecretStr("")
    """Decrypts the signing keys; only the issuer needs it. Never give it to a service."""
    opening_passphrase: SecretStr = SecretStr("")
    """Decrypts the keys that open codes; the resolver and the recorder need it."""
    claims_passphrase: SecretStr = SecretStr("")
    """Decrypts the keys of PINs; the claim service needs it."""


class PrintSettings(BaseModel):
    """The address that symbols encode, up to the code."""

    model_config = _SECTION

    host: Annotated[str, Field(pattern="^[^/?# ]+$")] = "127.0.0.1:8080"
    """Host, and port if needed, in the stamps' addresses. It is printed, so it must stay valid."""
    scheme: Literal["https", "http"] = "https"
    """`http` only for a demo without a certificate."""


RulesModel: Final = model_from_dataclass(Rules)


def _validate_rules(value: Any, validate: ValidatorFunctionWrapHandler) -> Rules:
    return value if isinstance(value, Rules) else Rules(**validate(value).model_dump())


if TYPE_CHECKING:
    RulesSection = Rules
else:
    RulesSection = Annotated[RulesModel, WrapValidator(_validate_rules)]


class Settings(BaseModel):
    """All settings, one section a package."""

    model_config = _SECTION

    ledger: LedgerSettings = LedgerSettings()
    keys: KeySettings = KeySettings()
    heads: HeadSettings = HeadSettings()
    backups: BackupSettings = BackupSettings()
    attachments: AttachmentSettings = AttachmentSettings()
    printing: PrintSettings = PrintSettings()
    desk: DeskSettings = DeskSettings()
    resolver: ResolverSettings = ResolverSettings()
    claims: ClaimSettings = ClaimSettings()
    notices: NoticeSettings = NoticeSettings()
    rules: RulesSection = Rules()

    @model_validator(mode="after")
    def _fill_shared(self) -> "Settings":
        """Give all services the ledger and the folder of attachments that they share."""
        filled: dict[str, Any] = {"ledger": self.ledger.url}
        # A frozen model can still be completed while it is validated.
        self.__dict__["claims"] = self.claims.model_copy(update=filled)
        desk = {"desk_url": self.desk.public_url}
        self.__dict__["notices"] = self.notices.model_copy(update=filled | desk)
        filled["attachments"] = self.attachments.directory
        filled["report_spool"] = self.attachments.spool
        desk_alone = {"evidence": self.attachments.evidence}
        self.__dict__["desk"] = self.desk.model_copy(update=filled | desk_alone)
        self.__dict__["resolver"] = self.resolver.model_copy(update=filled)
        return self


class InstallationSettings(LayeredSettings, Settings):  # type: ignore[misc] # model_config
    """All settings, filled from a file and the environment."""


def read_settings(file: Path | None = None) -> Settings:
    """Read the settings: `file`, else `VERITEM_CONFIG`, else `./veritem.toml`, else the default.

    Raises:
        config.SettingsError: names the file, the setting and what is wrong with it.
    """
    named = os.environ.get("VERITEM_CONFIG")
    default = LOCAL_FILE if LOCAL_FILE.exists() else EMBEDDED_FILE
    return load_settings(InstallationSettings, file or (Path(named) if named else default))
