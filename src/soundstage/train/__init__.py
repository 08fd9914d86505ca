"""Training: the resumable loop, the moving average of weights, checkpoints, losses, discriminators."""

from soundstage.train.ema import Ema
from soundstage.train.loop import Report, fit, load_ema

__all__ = ["Ema", "Report", "fit", "load_ema"]
