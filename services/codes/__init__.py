"""Use cases of registered codes: search, import, suspend, revoke, watch."""
