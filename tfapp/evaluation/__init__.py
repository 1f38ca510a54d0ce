"""Figures, pictures and pages that tell how good a trained model is."""
