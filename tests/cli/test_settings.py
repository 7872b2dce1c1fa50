"""Settings of an installation: all sections, shipped files, the ledger of both services."""

from pathlib import Path

import pytest

from cli.settings import Settings, read_settings
from config import SettingsError
from detection.rules import Rules

CONFIG = Path(__file__).parents[2] / "config"


@pytest.mark.parametrize("name", ["embedded.toml", "scaled.toml"])
def test_a_shipped_file_is_read(name: str) -> None:
    assert read_settings(CONFIG / name).printing.host


def test_all_services_use_the_ledger_of_the_ledger_section(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VERITEM_LEDGER_URL", "postgresql://db/veritem")
    settings = read_settings()
    ledgers = {settings.resolver.ledger, settings.desk.ledger, settings.claims.ledger}
    assert ledgers == {"postgresql://db/veritem"}


def test_rules_are_loaded_as_the_dataclass_of_detection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert read_settings().rules == Settings().rules == Rules()
    monkeypatch.setenv("VERITEM_RULES_SUSPECT", "20")
    monkeypatch.setenv("VERITEM_RULES_TRAVEL_KM", "1,2.5")
    assert read_settings().rules == Rules(suspect=20.0, travel_km=(1.0, 2.5))


@pytest.mark.parametrize(
    ("variable", "text", "why"),
    [
        ("VERITEM_RULES_CAUTION", "99", "not above alert"),
        ("VERITEM_RULES_WEIGHTS", "x", "is not a setting"),
        ("VERITEM_LEDGER_URL", "mysql://x", "not mysql://"),
        ("VERITEM_PRINTING_HOST", "veritem.vn/s", "has not the form"),
        ("VERITEM_RESOLVER_WORKERS", "2", "more than one needs"),
        ("VERITEM_RESOLVER_PORT", "99999", "must be less than or equal to 65535"),
        ("VERITEM_RESOLVER_TRUSTED_PROXIES", "10.0.0.0/99", "must be networks (CIDR)"),
        ("VERITEM_RESOLVER_APP_KEYS", "a:boss:00", "must be NAME:app:SHA256"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, text: str, why: str
) -> None:
    monkeypatch.setenv(variable, text)
    with pytest.raises(SettingsError) as refusal:
        read_settings()
    assert refusal.value.field == variable
    assert why in refusal.value.why


@pytest.mark.parametrize(
    ("variable", "url"),
    [
        ("VERITEM_LEDGER_URL", "postgresql://an:secret@h/db?pool_size=5"),
        ("VERITEM_LEDGER_URL", "mysql://an:secret@h/db"),
        ("VERITEM_RESOLVER_HISTORY", "redis://an:secret@h?timeout=5"),
        ("VERITEM_RESOLVER_JOURNAL", "amqp://an:secret@h"),
    ],
)
def test_an_address_that_is_not_supported_is_refused_in_a_line_without_its_password(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str, url: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(variable, url)
    with pytest.raises(SettingsError, match=variable) as refusal:
        read_settings(None)
    assert "secret" not in str(refusal.value)
    assert "\n" not in str(refusal.value)
