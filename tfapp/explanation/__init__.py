"""Why a model answers as it does; to add a kind: one file, and a line below."""

METHODS = {
    "gradcam": "tfapp.explanation.gradcam:gradcam",
    "occlusion": "tfapp.explanation.occlusion:occlusion",
    "neighbours": "tfapp.explanation.neighbours:neighbours",
    "reconstruction": "tfapp.explanation.reconstruction:reconstruction",
    "perturbation": "tfapp.explanation.perturbation:perturbation",
    "routing": "tfapp.explanation.routing:routing",
}
"""Kinds of explanation, in the order in which a sheet shows them; see `spec.Kind`."""

OF_CAPSULES = ("reconstruction", "perturbation", "routing")
"""Of them, those that nobody expects of a network without capsules."""

CHAPTERS = {"capsules": "tfapp.explanation.capsule_section:capsule_sections"}
"""Chapters of a report on the inside of networks of some kind: (model, dataset) ->
tuple of sections, () for any other network. To add one: one file, and a line here."""
