"""One file a command: parse, call, exit code."""
