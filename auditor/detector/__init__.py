"""Kinds of secrets, told apart from what only looks like one; pure."""
