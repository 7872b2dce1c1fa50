"""The public pages of a stamp, in three languages."""

from resolver.pages.renderer import Pages

__all__ = ["Pages"]
