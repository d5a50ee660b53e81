"""Checks that a clone, Gitea's main, a production NAS and the public site still agree."""

__version__ = "0.1.0"
