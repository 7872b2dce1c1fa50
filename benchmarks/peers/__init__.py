"""Peers: other programs for the same work, in idiomatic code, and processes of the service."""
