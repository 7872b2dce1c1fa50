"""Catalogues of the shared codes: what they are, their versions, and their metadata."""
