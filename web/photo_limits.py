"""Bounds of photos and evidence, and exit codes of the decoding process (`attachments.reencode`).

They are apart from the decoder, so that a service which only takes photos does not load it.
"""

from typing import Final

MOST_BYTES: Final = 16 << 20
"""Bytes of an upload: a photo of a phone's camera at full size."""
MOST_PIXELS: Final = 50_000_000
"""Pixels of an upload, checked before it is decoded."""
MOST_SIDE: Final = 1280
"""Pixels of the longer side of a stored photo."""
MOST_STORED: Final = 160 << 10
"""Bytes of a stored photo: four seconds on a network of 400 kbit/s, usually two."""
LARGEST_EVIDENCE: Final = 64 << 20
"""Bytes of a file of evidence that no setting exceeds."""
REFUSED_FORMAT: Final = 10
REFUSED_PIXELS: Final = 11
REFUSED_DAMAGED: Final = 12
