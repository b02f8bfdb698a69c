"""A member of staff's check of what the web shows of them: theirs alone, from start to end."""
