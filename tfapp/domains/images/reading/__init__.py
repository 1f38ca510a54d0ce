"""Encoded images: found, inspected, decoded and stored."""
