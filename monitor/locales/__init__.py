"""The words of the pages in Welsh: a catalogue of gettext, read as it is written."""
