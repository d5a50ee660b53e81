"""A small world that runs on loopback: a clone, a Gitea, a NAS, a site, and the drifts that can be put into it."""
