"""The school's data-protection papers, written from its own configuration."""
