"""What the networks of recordings share."""
