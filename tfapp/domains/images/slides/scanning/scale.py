"""The scale at which a network sees a slide."""

from tfapp.domains.images.slides.reading.slide import Scaled, Slide

CLOSE = 0.05
"""Relative difference of resolutions that is left as it is."""


def scale_for(slide: Slide, model_mpp: float) -> tuple[Scaled, str]:
    """Return a slide at the scale of a model's patches, and how it was chosen.

    Args:
        slide: the slide.
        model_mpp: microns per pixel of the patches; 0 if unknown.
    """
    if not (slide.mpp and model_mpp):
        lacks = [
            *(["the slide"] if not slide.mpp else []),
            *(["the model"] if not model_mpp else []),
        ]
        options = {"the slide": "--mpp", "the model": "--model-mpp"}
        ways = " and ".join(options[name] for name in lacks)
        return Scaled(slide, 1.0), (
            f"level 0, because the microns per pixel of {' and '.join(lacks)} are "
            f"unknown ({ways} states them)"
        )
    downsample = model_mpp / slide.mpp
    if abs(downsample - 1.0) < CLOSE:
        downsample = 1.0
    scaled = Scaled(slide, downsample)
    level = slide.levels[scaled.level]
    how = f"level {scaled.level}, {level.downsample * slide.mpp:.4g} microns per pixel"
    if scaled.factor != 1.0:
        how += f", resized to the {model_mpp:.4g} of the model"
    if downsample < 1.0:
        how += "; the slide is coarser than what the model learned from"
    return scaled, how
