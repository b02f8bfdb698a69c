"""What a foreign body may be written in; read only by the child process of `parsing`."""
