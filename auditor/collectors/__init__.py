"""Each module or package here is a collector: it observes one source and invents nothing."""
