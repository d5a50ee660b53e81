"""What served pages and scripts say of the link to the issue form, read out of their syntax; nothing is ever run."""
