"""Translator `columns`: CQL tables that already exist, served as they are. See README.md."""
