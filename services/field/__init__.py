"""Use cases of field checks: snapshots, phones, findings."""
