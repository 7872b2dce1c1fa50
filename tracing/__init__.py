"""What a stamp vouches for: parties, places, products and lots."""
