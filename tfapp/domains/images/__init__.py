"""Images: photos to class names, to masks, through convolutions and capsules."""
