"""Text: raw strings to a class, by words and their neighbours.

The tables name what recipes may use, as "module:function" relative to this package.
"""

FORMS = (
    "a .csv or .tsv with columns of texts and of labels, a folder of class folders "
    "with .txt files, a folder of tables named train, dev and test, a folder with "
    "NAME.pos and NAME.neg"
)
"""What `data.path` may be, for messages."""

DATA = {"texts": "classification.load:texts"}
"""Kinds of data: what the examples are and what the network receives."""

CHECKS = {"texts": "classification.check:check_texts"}
"""What reports the faults of each kind of data."""

SPLITS = {"texts": ("random", "order")}
"""The ways by which each kind of data can be split: `data.split.by`."""

TASKS = {"text_classification": "classification.task:task"}

TASK_DATA = {"text_classification": ("texts",)}
"""The kinds of data that each task learns from; the first is the default."""

INTERFACES = {"text_classification": "classification.interface:INTERFACE"}
"""What the exported models of each task take and answer, without the task."""

REQUIREMENTS = {
    "text_classification": {
        "fine_tune": (None, "networks of texts are trained as a whole"),
    },
}
"""Task → recipe key → what it has to be, and why."""

MODELS = {
    "recurrent_classifier": "classification.models.recurrent_classifier:"
    "recurrent_classifier",
    "sentence_cnn": "classification.models.sentence_cnn:sentence_cnn",
}
"""Networks: builders that return a keras.Model of logits."""

PLANS = {"text_classification": "classification.plan:plan"}
"""Task → what writes the recipe of `tfapp fit`."""
