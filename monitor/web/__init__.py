"""The web pages: what is remembered, shown in plain words. They read; they change nothing."""
