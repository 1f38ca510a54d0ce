"""Audio: recordings to classes, and speech to text.

The tables name what recipes may use, as "module:function" relative to this package.
"""

FORMS = (
    "a folder of recordings (WAV, FLAC, Ogg) by class, a .csv with path,label or "
    "path,text of recordings"
)
"""What `data.path` may be, for messages."""

COLUMNS = "paths of recordings and their `label` or `text`"
"""What the columns of a table may hold, for messages."""

DATA = {
    "recordings": "classification.load:recordings",
    "utterances": "speech.load:utterances",
}
"""Kinds of data: what the examples are and what the network receives."""

CHECKS = {
    "recordings": "check:check_recordings",
    "utterances": "speech.check:check_utterances",
}
"""What reports the faults of each kind of data."""

SPLITS = {
    "recordings": ("random", "order"),
    "utterances": ("random", "order"),
}
"""The ways by which each kind of data can be split: `data.split.by`."""

AUGMENTATIONS = {
    "recordings": "augmentation:AudioAugmentation",
    "utterances": "augmentation:AudioAugmentation",
}
"""What `[data.augmentation]` may hold for each kind of data."""

TASKS = {
    "audio_classification": "classification.task:task",
    "speech": "speech.task:task",
}

TASK_DATA = {
    "audio_classification": ("recordings",),
    "speech": ("utterances",),
}
"""The kinds of data that each task learns from; the first is the default."""

INTERFACES = {
    "audio_classification": "classification.interface:INTERFACE",
    "speech": "speech.interface:INTERFACE",
}
"""What the exported models of each task take and answer, without the task."""

REQUIREMENTS = {
    "audio_classification": {
        "fine_tune": (None, "networks of recordings are trained from random weights"),
    },
    "speech": {
        "fine_tune": (None, "networks of speech are trained from random weights"),
    },
}
"""Task → recipe key → what it has to be, and why."""

MODELS = {
    "audio_cnn": "classification.models.audio_cnn:audio_cnn",
    "speech_blstm": "speech.models.speech_blstm:speech_blstm",
    "speech_cnn": "speech.models.speech_cnn:speech_cnn",
}
"""Networks: builders that return a keras.Model of logits."""

CONVERTERS = {"audio/*": "conversion:decodable"}
"""By media type: what the server makes of content that no graph can read."""

PLANS = {
    "audio_classification": "classification.plan:plan",
    "speech": "speech.plan:plan",
}
"""Task → what writes the recipe of `tfapp fit`."""

VERBS = {"transcribe": "verbs.transcribe:transcribe"}
"""Functions of the Python API, `tfapp.NAME`, that only recordings have."""

COMMANDS = {"transcribe": "commands.transcribe:transcribe"}
"""Commands, `tfapp NAME`, that only recordings have."""
