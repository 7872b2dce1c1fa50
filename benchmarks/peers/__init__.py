"""Peers: other programs for the same work, written as their users would, and our processes."""
