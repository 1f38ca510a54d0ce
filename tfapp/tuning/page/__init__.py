"""What a search shows: lines, charts, a page, tables for TensorBoard."""
