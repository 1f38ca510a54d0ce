"""Text: raw strings to a class, to tags, to what follows, or to other strings.

The tables name what recipes may use, as "module:function" relative to this package.
"""

FORMS = (
    "a folder or a table of labelled texts, a table of pairs of texts, a .conllu or "
    ".iob file of tagged sentences, a .txt of running text"
)
"""What `data.path` may be, for messages."""

COLUMNS = (
    "texts and their labels (`fit --text NAME --label NAME`), two texts of a pair "
    "(called source and target, or named by --set data.options.source_column=NAME "
    "and data.options.target_column)"
)
"""What the columns of a table may hold, for messages."""

DATA = {
    "addition": "translation.load:addition",
    "dates": "translation.load:dates",
    "running_text": "language.load:running_text",
    "tagged_sentences": "labelling.load:tagged_sentences",
    "text_pairs": "translation.load:text_pairs",
    "texts": "classification.load:texts",
}
"""Kinds of data: what the examples are and what the network receives."""

CHECKS = {
    "addition": "translation.check:check_addition",
    "dates": "translation.check:check_dates",
    "running_text": "language.reading:check_running_text",
    "tagged_sentences": "labelling.check:check_sentences",
    "text_pairs": "translation.check:check_pairs",
    "texts": "classification.check:check_texts",
}
"""What reports the faults of each kind of data."""

SPLITS = {
    "addition": ("random",),
    "dates": ("random",),
    "running_text": ("order",),
    "tagged_sentences": ("random", "order"),
    "text_pairs": ("random", "order"),
    "texts": ("random", "order"),
}
"""The ways by which each kind of data can be split: `data.split.by`."""

TASKS = {
    "character_language_model": "language.task:task",
    "sentence_labelling": "labelling.task:task",
    "text_classification": "classification.task:task",
    "text_translation": "translation.task:task",
}

TASK_DATA = {
    "character_language_model": ("running_text",),
    "sentence_labelling": ("tagged_sentences",),
    "text_classification": ("texts",),
    "text_translation": ("text_pairs", "addition", "dates"),
}
"""The kinds of data that each task learns from; the first is the default."""

INTERFACES = {
    "character_language_model": "language.interface:INTERFACE",
    "sentence_labelling": "labelling.interface:INTERFACE",
    "text_classification": "classification.interface:INTERFACE",
    "text_translation": "translation.interface:INTERFACE",
}
"""What the exported models of each task take and answer, without the task."""

REQUIREMENTS = {
    "character_language_model": {
        "fine_tune": (None, "language models are trained from random weights"),
    },
    "sentence_labelling": {
        "fine_tune": (None, "taggers are trained from random weights"),
    },
    "text_classification": {
        "fine_tune": (None, "networks of texts are trained as a whole"),
    },
    "text_translation": {
        "fine_tune": (None, "translators are trained from random weights"),
    },
}
"""Task → recipe key → what it has to be, and why."""

MODELS = {
    "recurrent_classifier": "classification.models.recurrent_classifier:"
    "recurrent_classifier",
    "recurrent_language_model": "language.models.recurrent_language_model:"
    "recurrent_language_model",
    "recurrent_tagger": "labelling.models.recurrent_tagger:recurrent_tagger",
    "recurrent_translator": "translation.models.recurrent_translator:"
    "recurrent_translator",
    "sentence_cnn": "classification.models.sentence_cnn:sentence_cnn",
}
"""Networks: builders that return a keras.Model of logits."""

PLANS = {
    "character_language_model": "language.plan:plan",
    "sentence_labelling": "labelling.plan:plan",
    "text_classification": "classification.plan:plan",
    "text_translation": "translation.plan:plan",
}
"""Task → what writes the recipe of `tfapp fit`."""

EXPLAINED = {"text_classification": "verbs.explain:explain_texts"}
"""Task → what explains the answers of its runs; see `tfapp.verbs.explain`."""

VERBS = {"sample": "verbs.sample:sample"}
"""Functions of the Python API that only texts have, by name."""

COMMANDS = {"sample": "commands.sample:sample"}
"""Commands that only texts have, by name."""
