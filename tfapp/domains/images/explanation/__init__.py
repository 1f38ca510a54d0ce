"""Why a model answers as it does; to add a kind: one file, and a line below."""

METHODS = {
    "gradcam": "tfapp.domains.images.explanation.gradcam:gradcam",
    "occlusion": "tfapp.domains.images.explanation.occlusion:occlusion",
    "neighbours": "tfapp.domains.images.explanation.neighbours:neighbours",
    "reconstruction": "tfapp.domains.images.capsules.explanation.reconstruction:reconstruction",  # noqa: E501
    "perturbation": "tfapp.domains.images.capsules.explanation.perturbation:perturbation",  # noqa: E501
    "routing": "tfapp.domains.images.capsules.explanation.routing:routing",
}
"""Kinds of explanation, in the order in which a sheet shows them; see `spec.Kind`."""

OF_CAPSULES = ("reconstruction", "perturbation", "routing")
"""Of them, those that nobody expects of a network without capsules."""

CHAPTERS = {
    "capsules": "tfapp.domains.images.capsules.explanation.section:capsule_sections"
}
"""Chapters of a report on the inside of networks of some kind: (model, dataset) ->
tuple of sections, () for any other network. To add one: one file, and a line here."""
