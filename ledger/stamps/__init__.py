"""Stamps: transitions of their lifecycle, the spans that follow, recalls and claims."""
