"""Formats of git's own files, parsed from bytes: no file is opened here, no program asked."""
