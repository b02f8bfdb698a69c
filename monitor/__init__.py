"""What the program decides and remembers."""
