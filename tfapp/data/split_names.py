"""Names of folders and of cells that stand for a split."""

SPLIT_FOLDERS = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "dev": "validation",
    "val": "validation",
    "valid": "validation",
    "test": "test",
    "testing": "test",
}
