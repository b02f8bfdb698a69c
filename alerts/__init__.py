"""How words go out: one file per channel; Notices become messages."""
