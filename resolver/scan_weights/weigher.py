"""Weighs scans of pages by what their network did lately.

What links a network over stamps is here and nowhere else: in memory, for a day, under a key that
changes every day (UTC) and that no disk keeps. A network is a *handle*: 63 bits of BLAKE2b over its
address, keyed by the key of the day. Neither handles nor keys reach the ledger, the journal or a
log. A campaign is named by a hash of the same key, so that all processes give it the same name.
"""

import secrets
from collections.abc import Iterable
from hashlib import blake2b
from typing import Final, NamedTuple

from detection.scan_weight import DAY_MS, NetworkDay, NetworkDays, ScanWeight
from resolver.current_rules import CurrentRules
from stamps.code import StampId

KEY_BYTES: Final = 32


class Campaign(NamedTuple):
    """Stamps that a discredited network scanned, as batch and index."""

    name: str
    """Name of the campaign: equal for all networks that scan stamps of one batch on one day."""
    stamps: tuple[tuple[int, int], ...]


class ScanWeigher:
    """The weights of one process; it starts anew when it knows `networks` networks."""

    def __init__(self, current_rules: CurrentRules, *, networks: int = 500_000) -> None:
        self._current_rules = current_rules
        self._days = NetworkDays(networks)
        self._keys: dict[int, bytes] = {}
        # Hashing the key once and copying takes a third of the time of keying anew.
        self._keyed: dict[int, blake2b] = {}
        self.changed_networks: set[int] = set()
        """Handles of networks whose counts others should know; emptied by the exchange."""

    def get_key(self, day: int) -> bytes:
        """The key of a day (days since 1970): one of this process until `set_key` gives another."""
        key = self._keys.get(day)
        if key is None:
            key = secrets.token_bytes(KEY_BYTES)
            self.forget_keys_before(day)
            self.set_key(day, key)
        return key

    def set_key(self, day: int, key: bytes) -> None:
        """Use the key that all processes share on a day."""
        self._keys[day] = key
        self._keyed[day] = blake2b(digest_size=8, key=key)

    def forget_keys_before(self, day: int) -> None:
        """Forget the keys of past days."""
        for past in [known for known in self._keys if known < day]:
            del self._keys[past], self._keyed[past]

    def identify_network(self, network: str, at: int) -> int:
        """The handle of a network on the day of `at` (ms)."""
        day = at // DAY_MS
        keyed = self._keyed.get(day)
        if keyed is None:
            self.get_key(day)
            keyed = self._keyed[day]
        hashed = keyed.copy()
        hashed.update(network.encode())
        return int.from_bytes(hashed.digest(), "big") >> 1

    def find_network(self, handle: int, at: int) -> NetworkDay:
        """The record of a network on the day of `at` (ms)."""
        return self._days.find(handle, at)

    def weigh_scan(self, handle: int, at: int) -> ScanWeight:
        """Count a scan of a network at `at` (ms) and return its weight."""
        rules, network = self._current_rules.rules, self._days.find(handle, at)
        weight = network.weigh_scan(at, rules)
        if network.minute_scans * 16 >= rules.network_scans_per_minute:
            self.changed_networks.add(handle)
        return weight

    def note_scan(self, handle: int, stamp: StampId, at: int, *, accused: bool) -> Campaign | None:
        """Note that a network scanned a stamp; return what is new of its campaign, if there is one.

        `accused`: the scan brought the stamp to a caution.
        """
        network = self._days.find(handle, at)
        discredited = network.note_stamp(
            (stamp.batch, stamp.index), accused=accused, rules=self._current_rules.rules
        )
        if accused:
            self.changed_networks.add(handle)
        if not discredited:
            return None
        if network.campaign is None:
            network.campaign = self._name_campaign(stamp.batch, at)
        campaign = Campaign(network.campaign, tuple(network.recent))
        network.recent.clear()
        return campaign

    def assess_networks(self, handles: Iterable[int], at: int) -> None:
        """Assess the credibility of networks again, after counts of other processes came in."""
        for handle in handles:
            self._days.find(handle, at).assess_credibility(self._current_rules.rules)

    def _name_campaign(self, batch: int, at: int) -> str:
        key = self.get_key(at // DAY_MS)
        return blake2b(
            batch.to_bytes(3, "big"), digest_size=8, key=key, person=b"veritem campaign"
        ).hexdigest()
