"""Figures of authorities: the dashboard, yearly reports, and what the public is told."""
