"""Facts, rules, findings and reports: frozen dataclasses, standard library only, no I/O."""
