"""Many sites: which are meant, who judges them, and the summary of what became of each."""
