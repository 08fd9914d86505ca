"""What a vocoder sounds, measured in a recording: its pitch and its smooth envelope, every 10 ms.

N samples · T frames · F frequency bins · M envelope bands
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundstage.media.pitch import pitch
from soundstage.ops.envelope import spectral_envelope

FFT = 2048


def analysed(samples: NDArray[np.float32], rate: int, hop: int, bands_FM: Tensor) -> tuple[NDArray[np.float32], Tensor]:
    """Pitch [T] in Hz, 0 where there is no voice, and natural log of the power envelope [T, M]; N = T · hop."""
    f0 = pitch(samples, rate).f0
    power = spectral_envelope(torch.from_numpy(samples), torch.from_numpy(f0), rate, hop, FFT)
    return f0, (power @ bands_FM.to(power) + 1e-9).log()
