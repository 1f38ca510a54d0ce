"""U-Nets, and the averaging of answers over turned images."""
