"""Why a model answers as it does; kinds are in `tfapp.domains.images.EXPLANATIONS`."""

WORKS = {
    "capsule_classification": "tfapp.domains.images.explanation.explaining:work",
    "image_classification": "tfapp.domains.images.explanation.explaining:work",
    "image_multilabel": "tfapp.domains.images.explanation.explaining:work",
    "image_segmentation": "tfapp.domains.images.segmentation.explanation:mask_work",
    "species_classification": "tfapp.domains.images.explanation.explaining:work",
}
"""Tasks whose runs can be explained → what explains pictures: (subject, explainers by
name, description of the preprocessing, label) → `explaining.Work`."""

OF_CAPSULES = ("reconstruction", "perturbation", "routing")
"""The kinds that nobody expects of a network without capsules."""

OF_PIXELS = ("regions",)
"""The only kinds for networks that answer for every pixel, and for no others."""
