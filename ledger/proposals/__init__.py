"""Proposals: acts that one person asks for and another decides, and their proof."""
