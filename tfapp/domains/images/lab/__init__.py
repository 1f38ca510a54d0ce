"""What a convolution is, worked out on a picture: filters, matrices, gradients."""
