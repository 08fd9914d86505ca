"""Meters: how good a model's results are, each calibrated on the data that it learned from."""

from soundstage.evaluate.table import Measure, Table

__all__ = ["Measure", "Table"]
