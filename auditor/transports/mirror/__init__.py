"""The auditor's own bare copy of the canonical repository: `update.update_mirror` brings it up to date over smart
HTTP or from a path, `view.Mirror` answers questions about it. It writes in its own folder alone and runs nothing
elsewhere.
"""
