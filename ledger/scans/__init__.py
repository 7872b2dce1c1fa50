"""Scans: the evidence that the detector and inspectors read."""
