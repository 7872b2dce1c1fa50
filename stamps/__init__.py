"""The ground floor: what a stamp is, its code, its law and its judge. Pure."""
