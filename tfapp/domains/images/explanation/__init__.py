"""Why a model answers as it does; kinds are in `tfapp.domains.images.EXPLANATIONS`."""

EXPLAINED_TASKS = ("capsule_classification", "image_classification")
"""Tasks that choose one class per image: their runs can be explained."""

OF_CAPSULES = ("reconstruction", "perturbation", "routing")
"""The kinds that nobody expects of a network without capsules."""
