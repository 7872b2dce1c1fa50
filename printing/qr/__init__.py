"""QR symbols: payloads, a fast encoder that equals segno, and an independent decoder."""
