"""Pure functions from facts to facts: everything that joins two witnesses."""
