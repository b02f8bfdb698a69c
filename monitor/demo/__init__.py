"""The demonstration school: an invented school, what is said about it, and where that is read."""
