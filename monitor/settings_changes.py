"""Changes of the settings from the pages."""
