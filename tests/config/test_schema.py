"""The reference is read from the models: names, variables, defaults, bounds."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from config import list_settings, render_reference


class ServerSettings(BaseModel):
    """A section."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    """Port to listen on;
    0 takes a free one."""
    proxies: tuple[str, ...] = ("a",)
    """Networks."""
    grade: Literal["sealed", "signed"] = "sealed"
    """Grade | kind."""
    ledger: Annotated[str, Field(json_schema_extra={"filled_from": "ledger.url"})] = "filled"
    passphrase: SecretStr = SecretStr("")
    """Opens the keys."""


class Settings(BaseModel):
    """All settings."""

    server: ServerSettings = ServerSettings()


def test_a_setting_has_its_names_and_its_docstring() -> None:
    settings = {setting.name: setting for setting in list_settings(Settings)}
    assert settings["server.port"].description == "Port to listen on; 0 takes a free one."
    assert settings["server.port"].variable == "VERITEM_SERVER_PORT"
    assert settings["server.passphrase"].is_secret


def test_a_field_that_the_program_fills_is_no_setting() -> None:
    assert "server.ledger" not in {setting.name for setting in list_settings(Settings)}


def test_the_reference_shows_defaults_and_bounds() -> None:
    assert render_reference(Settings).splitlines()[2:] == [
        "| `server.port` | `VERITEM_SERVER_PORT` | `8080` | Port to listen on; 0 takes a free one."
        " (at least 0, at most 65,535) |",
        '| `server.proxies` | `VERITEM_SERVER_PROXIES` | `["a"]` | Networks. |',
        '| `server.grade` | `VERITEM_SERVER_GRADE` | `"sealed"` | Grade \\| kind.'
        " (one of `sealed`, `signed`) |",
        "| `server.passphrase` | `VERITEM_SERVER_PASSPHRASE` | environment only |"
        " Opens the keys. |",
    ]
