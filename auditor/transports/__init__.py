"""Connections only: HTTP, SSH and the mirror of git objects; they know nothing of facts."""
