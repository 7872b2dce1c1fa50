"""Backups: copies of a ledger, their folder, rehearsals and restores."""
