"""Use cases of lots: describe, draft, import, photos."""
