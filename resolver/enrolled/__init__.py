"""Scans of enrolled devices: the rule that proves one, and the devices that a process knows."""

from resolver.enrolled.device_directory import DeviceDirectory
from resolver.enrolled.proof import ScanProof, UnprovenScan, check_signature

__all__ = ["DeviceDirectory", "ScanProof", "UnprovenScan", "check_signature"]
