"""CapsNet, Efficient-CapsNet and matrix capsules."""
