"""The verbs that look for settings."""
