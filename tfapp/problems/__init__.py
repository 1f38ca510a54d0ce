"""What domains share by the kind of output: losses, figures and report sections."""
