"""The door's HTTP side: requests in, pages and documents out."""
