"""The enrolled devices that a process knows, kept current with the ledger.

A device is loaded when it first sends a scan. A change of a device in the ledger drops it, as a
recall reloads a batch (`resolver.change_notifications`): a revoked device is refused in a second.
Unknown ids are not remembered: the caller limits who asks for them.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from ledger import ChangeSet, Device, Ledger
from ledger.staff_errors import UnknownDevice
from ledger.storage.storage_errors import StorageFailed
from resolver.errors import Unavailable
from web.bounded_cache import BoundedCache

_CACHED: Final = 20_000


class DeviceDirectory:
    """The devices of one process. Its owner calls `forget_changed` with every change."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._devices = BoundedCache[str, Device](_CACHED)
        self._changes = 0
        """Number of changes: what was read before a change is not cached after it."""

    async def find(self, device_id: str, admit: Callable[[], Awaitable[None]]) -> Device | None:
        """A device; None for an unknown one. `admit` is called before the ledger is asked.

        Raises what `admit` raises, and `Unavailable`.
        """
        device = self._devices.get(device_id)
        if device is not None:
            return device
        await admit()
        changes = self._changes
        try:
            device = await self._ledger.devices.get(device_id)
        except UnknownDevice:
            return None
        except StorageFailed as error:
            raise Unavailable(what="the ledger") from error
        if changes == self._changes:
            self._devices.put(device_id, device)
        return device

    def forget_changed(self, changed: ChangeSet) -> None:
        """Drop the devices that changed in the ledger."""
        if changed.devices:
            self._changes += 1
            for device_id in changed.devices:
                self._devices.remove(device_id)
