"""What is seen of a forecaster in training: a few forecasts against the truth."""

from collections.abc import Mapping
from typing import cast

import numpy as np

from tfapp.domains.series.dataset import SeriesDataset
from tfapp.domains.series.forecasting.charts import forecast_charts
from tfapp.domains.series.forecasting.report import SHOWN, shown_forecast
from tfapp.tasks.watching import Glance, Item, View, share_of

NAME = "validation examples"


def forecast_views(glance: Glance) -> tuple[View, ...]:
    """Return the view of a few forecasts of the validation part."""

    def draw() -> Mapping[str, Item]:
        dataset, examples = cast(SeriesDataset, glance.dataset), glance.some(SHOWN)
        forecasts = glance.answers(examples)
        layout = dataset.preprocessor.layout
        nothing = np.zeros((0, layout.horizon, len(layout.targets)))
        charts = [
            shown_forecast(dataset, e, place, (forecast, nothing, nothing))
            for place, (e, forecast) in enumerate(zip(examples, forecasts, strict=True))
        ]
        return {NAME: forecast_charts(charts, ())}

    return (View(NAME, draw, share_of(glance, SHOWN)),)
