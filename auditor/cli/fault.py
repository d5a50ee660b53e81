"""What is said of an exception that nobody expected: its type and place, since its text may hold anything."""

import os


def crash_text(error: Exception) -> str:
    """One line for the person who can report it."""
    import traceback

    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{type(error).__name__} at {os.path.basename(frame.filename)}:{frame.lineno}"  # noqa: PTH119 - no import
    return f"internal error: {place}: please report it with the command and the version"
