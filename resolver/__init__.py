"""The public scan service: door, memory, journal, pages."""
