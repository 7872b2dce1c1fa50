"""Settings: typed, documented, and refused at the start with the field's name."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

import cli.settings
from config import SettingsError, load, settings_of


@dataclass(frozen=True)
class Door:
    """A section."""

    port: int = 8080
    """Port to listen on;
    0 takes a free one."""
    share: float = 0.5
    """A share."""
    loud: bool = False
    proxies: tuple[str, ...] = ()
    apps: tuple[tuple[str, str], ...] = ()
    grade: Literal["sealed", "signed"] = "sealed"
    folder: Path = Path("var")
    ledger: str = field(default="handed in", metadata={"given": True})

    def __post_init__(self) -> None:
        if self.port < 0:
            raise ValueError(f"port: must not be negative, not {self.port}")


@dataclass(frozen=True)
class Settings:
    """All."""

    name: str = "veritem"
    limit: int | None = None
    passphrase: str = field(default="", metadata={"secret": True}, repr=False)
    """Opens the keys."""
    door: Door = field(default_factory=Door)


def write(folder: Path, text: str) -> Path:
    path = folder / "settings.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_anything_the_defaults_hold() -> None:
    assert load(Settings, None, {}) == Settings()


def test_the_file_fills_and_the_environment_wins(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        'name = "a"\n[door]\nport = 1\nshare = 1\nproxies = ["x", "y"]\napps = [["n", "app"]]\n',
    )
    settings = load(Settings, path, {"VERITEM_DOOR_PORT": "2", "HOME": "/", "VERITEM_LIMIT": "7"})
    assert settings == Settings(
        name="a", limit=7, door=Door(port=2, share=1.0, proxies=("x", "y"), apps=(("n", "app"),))
    )


def test_the_environment_says_every_type() -> None:
    settings = load(
        Settings,
        None,
        {
            "VERITEM_DOOR_LOUD": "yes",
            "VERITEM_DOOR_SHARE": "0.25",
            "VERITEM_DOOR_PROXIES": "10.0.0.0/8, ::1/128",
            "VERITEM_DOOR_APPS": "n:app;m:inspector",
            "VERITEM_DOOR_GRADE": "signed",
            "VERITEM_DOOR_FOLDER": "/srv",
            "VERITEM_LIMIT": "",
        },
    )
    assert settings.door == Door(
        loud=True,
        share=0.25,
        proxies=("10.0.0.0/8", "::1/128"),
        apps=(("n", "app"), ("m", "inspector")),
        grade="signed",
        folder=Path("/srv"),
    )
    assert settings.limit is None


@pytest.mark.parametrize(
    ("text", "name", "why"),
    [
        ("[door]\nport = 'high'", "door.port", "must be a whole number, not 'high'"),
        ("[door]\nport = true", "door.port", "must be a whole number, not True"),
        ("[door]\nport = -1", "door.port", "must not be negative, not -1"),
        ("[door]\nprot = 1", "door.prot", "no such setting; did you mean door.port?"),
        ("[door]\nledger = 'x'", "door.ledger", "no such setting"),
        ("[door]\ngrade = 'x'", "door.grade", "must be one of sealed, signed, not 'x'"),
        ("[door]\nproxies = 'x'", "door.proxies", "must be a list, not 'x'"),
        ("[door]\napps = [['x']]", "door.apps", "each must have 2 parts, not 1"),
        ("door = 1", "door", "no such setting"),
        ("passphrase = 'x'", "passphrase", "by the environment, VERITEM_PASSPHRASE"),
        ("name = ", "settings.toml", "is not TOML"),
    ],
)
def test_wrong_values_in_the_file_are_refused_by_name(
    tmp_path: Path, text: str, name: str, why: str
) -> None:
    with pytest.raises(SettingsError) as refusal:
        load(Settings, write(tmp_path, text), {})
    assert refusal.value.field.endswith(name)
    assert why in refusal.value.why


@pytest.mark.parametrize(
    ("variable", "text", "why"),
    [
        ("VERITEM_DOOR_PORT", "x", "must be a whole number"),
        ("VERITEM_DOOR_LOUD", "perhaps", "must be true or false"),
        ("VERITEM_DOOR_PROT", "1", "did you mean VERITEM_DOOR_PORT?"),
        ("VERITEM_NAME_FILE", "/nowhere", "no such setting"),
        ("VERITEM_PASSPHRASE_FILE", "/nowhere", "/nowhere can not be read"),
    ],
)
def test_wrong_variables_are_refused_by_name(variable: str, text: str, why: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        load(Settings, None, {variable: text})
    assert refusal.value.field == variable
    assert why in refusal.value.why


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.toml"):
        load(Settings, tmp_path / "none.toml", {})


def test_a_secret_can_come_in_a_file_and_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("open sesame\n")
    settings = load(Settings, None, {"VERITEM_PASSPHRASE_FILE": str(tmp_path / "secret")})
    assert settings.passphrase == "open sesame"
    assert "sesame" not in repr(settings)


def test_what_must_be_given_is_asked_for() -> None:
    @dataclass(frozen=True)
    class Needy:
        url: str

    with pytest.raises(SettingsError, match="url: must be given"):
        load(Needy, None, {})


def test_the_reference_is_read_from_the_class() -> None:
    settings = {setting.name: setting for setting in settings_of(Settings)}
    assert settings["door.port"].description == "Port to listen on; 0 takes a free one."
    assert settings["door.port"].variable == "VERITEM_DOOR_PORT"
    assert settings["passphrase"].secret
    assert "door.ledger" not in settings


@pytest.mark.parametrize("name", ["embedded.toml", "scaled.toml"])
def test_the_files_that_are_shipped_can_be_read(name: str) -> None:
    path = Path(__file__).parents[2] / "config" / name
    assert load(cli.settings.Settings, path, {}).printing.host
