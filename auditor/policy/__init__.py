"""Rules as data, judged over facts; pure."""
