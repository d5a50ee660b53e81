"""Tells people what changed since they were last told; it never changes a verdict, and shows no evidence."""
