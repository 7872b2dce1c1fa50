"""Weights of scans in the live service: budget and credibility of networks (`detection`).

Each process counts for itself, and `WeightExchange` tells the others what may matter to them.
"""

from resolver.scan_weights.weigher import Campaign, ScanWeigher

__all__ = ["Campaign", "ScanWeigher"]
