"""Stored runs in one SQLite file, chained by hashes; knows neither rules nor facts, and reads no clock."""
