"""Several numbers for each image: what regression and multi-label tasks share."""
