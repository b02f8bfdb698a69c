"""The database's shape, step by step; a step is never changed once released."""
