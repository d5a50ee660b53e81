"""One dataclass tree per collector, named like it; what could not be observed is MISSING and has a Gap."""
