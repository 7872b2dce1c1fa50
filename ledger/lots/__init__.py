"""Lots of produce, their versions, drafts, imports and photos."""
