"""The rules that a process judges by, in one place: replacing them reaches every user at once.

The scan service, the batch cache, the history rebuild, the direct journal and the recorder are
given one `CurrentRules` and ask it each time. SIGHUP replaces the rules.
"""

from collections.abc import Callable
from dataclasses import replace

import structlog

from detection.rules import Rules

_log = structlog.get_logger(__name__)


class CurrentRules:
    """Owner of the detection rules of one process."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._by_scan_rate: dict[float, Rules] = {}

    @property
    def rules(self) -> Rules:
        """The configured rules. The object stays the same until `replace`."""
        return self._rules

    def replace(self, rules: Rules) -> None:
        """Judge by other rules from now on."""
        self._rules = rules
        self._by_scan_rate.clear()

    def reload(self, load: Callable[[], Rules]) -> None:
        """Replace the rules by those that `load` returns; if it fails, the old ones stay."""
        try:
            self.replace(load())
        except Exception:
            _log.exception("rules not reloaded")

    def rules_at(self, scan_rate: float | None) -> Rules:
        """The rules with a measured scan rate in place of the configured one (None: configured).

        Measured rates have few distinct values (`resolver.scan_rate`), so all variants are kept.
        """
        if scan_rate is None:
            return self._rules
        rules = self._by_scan_rate.get(scan_rate)
        if rules is None:
            rules = self._by_scan_rate[scan_rate] = replace(self._rules, scan_rate=scan_rate)
        return rules
