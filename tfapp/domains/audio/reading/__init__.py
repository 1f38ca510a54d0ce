"""From a place to recordings with their answers, before any is decoded."""
