"""Trained model to SavedModel; only its folder crosses over to serving.

NAME/VERSION/
├── saved_model.pb, variables/
├── tfapp.json                              what it is, how it was made and checked
└── assets.extra/
    ├── labels.txt                          one class name a line
    └── tf_serving_warmup_requests          replayed before the version goes live
"""

CARD = "tfapp.json"
LABELS = "assets.extra/labels.txt"
WARMUP = "assets.extra/tf_serving_warmup_requests"
