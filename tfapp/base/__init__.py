"""What every package builds on: errors, files, registries, progress."""
