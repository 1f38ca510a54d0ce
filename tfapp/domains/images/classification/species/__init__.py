"""Species of photos, by what is seen and by where and when it was taken."""
