"""Personal data: the table of what is kept and how long, its erasure, and one person's data."""
