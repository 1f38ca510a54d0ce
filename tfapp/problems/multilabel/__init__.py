"""Tags as answers: any number of them for each example, or none."""
