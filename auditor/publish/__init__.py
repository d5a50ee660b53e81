"""Writes a result to Gitea, with a token of its own and only where the policy file asks for it."""
