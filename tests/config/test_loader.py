"""Settings come from a file and the environment; what is wrong is refused with its name."""

from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from config import LayeredSettings, SettingsError, load_settings

SECTION = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class ServerSettings(BaseModel):
    """A section."""

    model_config = SECTION

    port: Annotated[int, Field(ge=0)] = 8080
    admin_port: int = 9090
    rate: float = 0.5
    verbose: bool = False
    proxies: tuple[str, ...] = ()
    grade: Literal["sealed", "signed"] = "sealed"
    folder: Path = Path("var")
    ledger: Annotated[str, Field(json_schema_extra={"filled_from": "ledger.url"})] = "filled"
    passphrase: SecretStr = SecretStr("")

    @model_validator(mode="after")
    def _check_ports(self) -> "ServerSettings":
        if self.port == self.admin_port:
            raise ValueError("admin_port: must differ from port")
        return self


class Settings(LayeredSettings):
    """All settings."""

    server: ServerSettings = ServerSettings()


def write(folder: Path, text: str) -> Path:
    path = folder / "settings.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_and_variables_the_defaults_apply() -> None:
    assert load_settings(Settings, None).server == ServerSettings()


def test_environment_variables_take_precedence_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, '[server]\nport = 1\nrate = 1\nproxies = ["x", "y"]\n')
    monkeypatch.setenv("VERITEM_SERVER_PORT", "2")
    settings = load_settings(Settings, path)
    assert settings.server == ServerSettings(port=2, rate=1.0, proxies=("x", "y"))


def test_a_variable_can_hold_a_value_of_every_type(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in {
        "ADMIN_PORT": "7",
        "VERBOSE": "yes",
        "RATE": "0.25",
        "PROXIES": "10.0.0.0/8, ::1/128",
        "GRADE": "signed",
        "FOLDER": "/srv",
    }.items():
        monkeypatch.setenv(f"VERITEM_SERVER_{name}", text)
    assert load_settings(Settings, None).server == ServerSettings(
        admin_port=7,
        verbose=True,
        rate=0.25,
        proxies=("10.0.0.0/8", "::1/128"),
        grade="signed",
        folder=Path("/srv"),
    )


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, "\ufeff[server]\nport = 1\n")
    assert load_settings(Settings, path).server.port == 1


@pytest.mark.parametrize(
    ("text", "field", "why"),
    [
        ("[server]\nport = 'high'", "server.port", "must be a whole number, not 'high'"),
        ("[server]\nport = 1.5", "server.port", "must be a whole number, not 1.5"),
        ("[server]\nport = true", "server.port", "must not be true"),
        ("[server]\nport = -1", "server.port", "must be greater than or equal to 0, not -1"),
        ("[server]\nport = 9090", "server.admin_port", "must differ from port"),
        ("[server]\nprot = 1", "server.prot", "is not a setting; did you mean server.port?"),
        ("[sever]\nport = 1", "sever", "is not a setting; did you mean server?"),
        ("[server]\nledger = 'x'", "server.ledger", "is not a setting"),
        ("[server]\ngrade = 'x'", "server.grade", "must be 'sealed' or 'signed', not 'x'"),
        ("[server]\nproxies = 'x'", "server.proxies", "must be a list, not 'x'"),
        ("server = 1", "server", "must be a table of settings"),
        ("[server]\npassphrase = 'x'", "server.passphrase", "VERITEM_SERVER_PASSPHRASE"),
        ("name = ", "file", "is not TOML"),
    ],
)
def test_a_wrong_file_is_refused_with_its_name_and_the_setting(
    tmp_path: Path, text: str, field: str, why: str
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(SettingsError) as refusal:
        load_settings(Settings, path)
    assert (refusal.value.source, refusal.value.field) == (str(path), field)
    assert why in refusal.value.why
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("variable", "text", "why"),
    [
        ("VERITEM_SERVER_PORT", "x", "must be a whole number"),
        ("VERITEM_SERVER_ADMIN_PORT", "8080", "must differ from port"),
        ("VERITEM_SERVER_VERBOSE", "perhaps", "must be true or false"),
        ("VERITEM_SERVER_PROT", "1", "did you mean VERITEM_SERVER_PORT?"),
        ("VERITEM_SEVER_PORT", "1", "did you mean VERITEM_SERVER_PORT?"),
        ("VERITEM_SERVER_GRADE_FILE", "/nowhere", "is not a setting"),
        ("VERITEM_SERVER_PASSPHRASE_FILE", "/nowhere", "names /nowhere, which cannot be read"),
    ],
)
def test_a_wrong_variable_is_refused_with_its_name(
    monkeypatch: pytest.MonkeyPatch, variable: str, text: str, why: str
) -> None:
    monkeypatch.setenv(variable, text)
    with pytest.raises(SettingsError) as refusal:
        load_settings(Settings, None)
    assert (refusal.value.source, refusal.value.field) == ("environment", variable)
    assert why in refusal.value.why


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.toml: file cannot be read"):
        load_settings(Settings, tmp_path / "none.toml")


def test_a_secret_can_come_from_a_file_and_is_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text("open sesame\n")
    monkeypatch.setenv("VERITEM_SERVER_PASSPHRASE_FILE", str(tmp_path / "secret"))
    settings = load_settings(Settings, None)
    assert settings.server.passphrase.get_secret_value() == "open sesame"
    assert "sesame" not in repr(settings)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_secret_of_a_windows_editor_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    (tmp_path / "secret").write_bytes("mở cửa ra\r\n".encode(encoding))
    monkeypatch.setenv("VERITEM_SERVER_PASSPHRASE_FILE", str(tmp_path / "secret"))
    settings = load_settings(Settings, None)
    assert settings.server.passphrase.get_secret_value() == "mở cửa ra"


def test_a_secret_in_a_variable_takes_precedence_over_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text("from the file")
    monkeypatch.setenv("VERITEM_SERVER_PASSPHRASE_FILE", str(tmp_path / "secret"))
    monkeypatch.setenv("VERITEM_SERVER_PASSPHRASE", "from the variable")
    settings = load_settings(Settings, None)
    assert settings.server.passphrase.get_secret_value() == "from the variable"


def test_a_required_setting_is_asked_for() -> None:
    class UrlSettings(BaseModel):
        """A section without a default."""

        url: str

    class RequiredSettings(LayeredSettings):
        """A required section."""

        store: UrlSettings

    with pytest.raises(SettingsError, match="store is required"):
        load_settings(RequiredSettings, None)
