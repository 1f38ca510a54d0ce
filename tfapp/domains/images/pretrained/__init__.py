"""Pretrained feature extractors: networks, weight files, downloads and bundles."""
