"""Product lists of provinces and of the country."""
