"""Memory: the only SQL. One file per noun, plain functions on a transaction."""
