"""Why a model answers as it does; to add a kind: one file, and a line below."""

METHODS = {
    "gradcam": "tfapp.explanation.gradcam:gradcam",
    "occlusion": "tfapp.explanation.occlusion:occlusion",
    "neighbours": "tfapp.explanation.neighbours:neighbours",
}
"""Kinds of explanation, in the order in which a sheet shows them; see `spec.Kind`."""
