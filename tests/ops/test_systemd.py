"""The systemd units: commands, settings and secrets exist, and each service has only its own."""

import os
import re
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest
from typer.testing import CliRunner

from claims import ClaimSettings
from cli.main import build_command_line
from cli.settings import Settings
from config import load_settings
from config.schema import list_settings
from desk.settings import DeskSettings
from resolver import ResolverSettings

UNITS = Path(__file__).parents[2] / "ops" / "systemd"
SERVICES = sorted(UNITS.glob("*.service"))
LONG_RUNNING = [one for one in SERVICES if one.stem != "veritem-backup"]
SECRETS = {
    "veritem-resolver": {"KEYS_OPENING_PASSPHRASE", "CLAIMS_SECRET", "RESOLVER_REDIS_PASSWORD"},
    "veritem-recorder": {"KEYS_OPENING_PASSPHRASE", "RESOLVER_REDIS_PASSWORD"},
    "veritem-claims": {"KEYS_CLAIMS_PASSPHRASE", "CLAIMS_SECRET"},
    "veritem-desk": {
        "KEYS_MASTERS_PASSPHRASE",
        "KEYS_SIGNING_PASSPHRASE",
        "NOTICES_SECRETS_KEY",
    },
    "veritem-notices": {"NOTICES_SECRETS_KEY", "NOTICES_MAIL_PASSWORD"},
    "veritem-heads": {"HEADS_PASSPHRASE", "HEADS_MAIL_PASSWORD"},
    "veritem-backup": set(),
}


def read_unit(path: Path) -> dict[str, list[str]]:
    """The values of each name, in their order."""
    values = defaultdict(list)
    for line in path.read_text().splitlines():
        if line and line[0] not in "#[":
            name, _, value = line.partition("=")
            values[name].append(value)
    return values


def read_environment(path: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in read_unit(path)["Environment"])


def test_every_service_is_known() -> None:
    assert {one.stem for one in SERVICES} == set(SECRETS)


@pytest.mark.parametrize("unit", SERVICES, ids=lambda path: path.stem)
def test_the_command_of_a_unit_exists(unit: Path) -> None:
    (command,) = read_unit(unit)["ExecStart"]
    program, *arguments = command.split()
    assert program == "/opt/veritem/bin/veritem"
    asked = CliRunner().invoke(build_command_line(arguments), [*arguments, "--help"])
    assert asked.exit_code == 0, asked.output
    assert "Usage" in asked.output


@pytest.mark.parametrize("unit", SERVICES, ids=lambda path: path.stem)
def test_a_unit_names_settings_that_exist_and_only_its_own_secrets(unit: Path) -> None:
    known = {setting.variable: setting.is_secret for setting in list_settings(Settings)}
    secrets = set()
    for name, value in read_environment(unit).items():
        if not name.endswith("_FILE"):
            assert known[name] is False
            continue
        assert known[name.removesuffix("_FILE")] is True
        secrets.add(name.removeprefix("VERITEM_").removesuffix("_FILE"))
        credential = value.removeprefix("%d/")
        assert (
            f"{credential}:/etc/veritem/credentials/{credential}"
            in (read_unit(unit)["LoadCredential"])
        )
    assert secrets == SECRETS[unit.stem]
    assert len(read_unit(unit)["LoadCredential"]) == len(secrets)


def test_only_passwords_that_an_installation_can_lack_have_a_default() -> None:
    """Without its file a service does not start, unless the unit has a default (systemd.exec)."""
    defaults = {unit.stem: read_unit(unit).get("SetCredential") for unit in SERVICES}
    assert {name: value for name, value in defaults.items() if value} == {
        "veritem-notices": ["mail:\\n"],
        "veritem-heads": ["heads-mail:\\n"],
    }


def test_an_empty_password_of_a_mail_server_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mail").write_text("\n")
    for name in ("NOTICES", "HEADS"):
        monkeypatch.setenv(f"VERITEM_{name}_MAIL_PASSWORD_FILE", str(tmp_path / "mail"))
    settings = load_settings(Settings, None)
    assert settings.notices.mail_password.get_secret_value() == ""
    assert settings.heads.mail_password.get_secret_value() == ""


def test_each_service_has_a_user_of_its_own_that_is_made() -> None:
    made = re.findall(r"^u (\S+)", (UNITS / "veritem.sysusers.conf").read_text(), re.MULTILINE)
    users = [user for unit in SERVICES for user in read_unit(unit)["User"]]
    assert sorted(users) == sorted(made)
    assert len(set(users)) == len(SERVICES)


@pytest.mark.parametrize("unit", LONG_RUNNING, ids=lambda path: path.stem)
def test_a_service_is_restarted_and_reload_replaces_it(unit: Path) -> None:
    values = read_unit(unit)
    assert values["Restart"] == ["always"]
    assert values["Type"] == ["notify"]
    assert values["ExecReload"] == ["/bin/kill -USR2 $MAINPID"]
    # Workers drain when their supervisor says so, and an old process beside its successor.
    assert values["KillMode"] == ["mixed"]


def test_sockets_have_the_addresses_of_the_settings() -> None:
    resolver, desk = ResolverSettings(), DeskSettings()
    claims = read_environment(UNITS / "veritem-claims.service")["VERITEM_CLAIMS_ADDRESS"]
    asked = read_environment(UNITS / "veritem-resolver.service")["VERITEM_RESOLVER_CLAIMS"]
    assert claims == asked == ClaimSettings(address=claims).address
    assert {
        path.stem: read_unit(path)["ListenStream"] for path in sorted(UNITS.glob("*.socket"))
    } == {
        "veritem-claims": [claims.removeprefix("unix://")],
        "veritem-desk": [f"{desk.host}:{desk.port}"],
        "veritem-resolver": [f"{resolver.host}:{resolver.port}"],
    }


def analyze(folder: Path, *arguments: str) -> str:
    """Run systemd-analyze on copies of the units whose program exists here; return what it says."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    units = Path(shutil.copytree(UNITS, folder / "units"))
    for unit in units.glob("*.service"):
        unit.write_text(unit.read_text().replace("/opt/veritem/bin/veritem", "/bin/true"))
    files = [one for kind in ("service", "socket", "timer") for one in units.glob(f"*.{kind}")]
    called = subprocess.run(
        ["systemd-analyze", *arguments, *map(str, files)],
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{units}:"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return called.stdout + called.stderr


def test_systemd_accepts_every_unit(tmp_path: Path) -> None:
    assert analyze(tmp_path, "verify", "--man=no") == ""


def test_no_service_is_exposed_more_than_it_needs() -> None:
    hardening = read_unit(UNITS / "veritem-.service.d" / "hardening.conf")
    for name, value in {
        "ProtectSystem": "strict",
        "NoNewPrivileges": "yes",
        "PrivateTmp": "yes",
        "CapabilityBoundingSet": "",
        "RestrictAddressFamilies": "AF_UNIX AF_INET AF_INET6",
    }.items():
        assert hardening[name] == [value]
    for unit in SERVICES:
        loosened = set(read_unit(unit)) & set(hardening) - {"ReadWritePaths"}
        assert not loosened, unit
