"""What tfapp can do, one file per verb; the command line and notebooks call these."""
