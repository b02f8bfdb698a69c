"""Where words come in: one file per kind of place; bytes become Posts."""
