"""Erasure of personal data whose time is over, and what is kept of one person."""
