"""Stamps: code format, key ring, signatures, serial ranges, lifecycle and spans.

Pure: no clock, no randomness, no files and no state of their own; callers pass them in.
"""
