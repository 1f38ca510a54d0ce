"""Forecasting: what comes next, with intervals."""
