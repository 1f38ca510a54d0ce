"""Series: tables of values over time to forecasts with intervals.

The tables name what recipes may use, as "module:function" relative to this package.
"""

FORMS = "a .csv of series with a column of times"
"""What `data.path` may be, for messages."""

COLUMNS = "times and numbers"
"""What the columns of a table may hold, for messages."""

DATA = {"series": "load:series"}
"""Kinds of data: what the examples are and what the network receives."""

CHECKS = {"series": "check:check_series"}
"""What reports the faults of each kind of data."""

SPLITS = {"series": ("time",)}
"""Kind of data → the ways to split it."""

TASKS = {"forecasting": "forecasting.task:task"}

INTERFACES = {"forecasting": "forecasting.interface:INTERFACE"}
"""What the exported models of each task take and answer, without the task."""

TASK_DATA = {"forecasting": ("series",)}
"""The kinds of data that each task learns from; the first is the default."""

REQUIREMENTS = {
    "forecasting": {
        "fine_tune": (None, "forecasters are trained from random weights"),
    },
}
"""Task → recipe key → what it has to be, and why."""

MODELS = {
    "linear_forecaster": "models.linear_forecaster:linear_forecaster",
    "recurrent_forecaster": "models.recurrent_forecaster:recurrent_forecaster",
}
"""Networks: builders that return a keras.Model of forecasts."""

PLANS = {"forecasting": "plan:plan"}
"""Task → what writes the recipe of `tfapp fit`."""
