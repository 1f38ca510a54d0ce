"""Classification: figures, calibration and report sections, whatever the input is."""
