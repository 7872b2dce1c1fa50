"""Tables that people upload: the flaws of their fields, and days as people write them."""
