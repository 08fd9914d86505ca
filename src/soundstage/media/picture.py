"""Sound and moving pictures as pictures to look at: waveforms, spectrograms, contact sheets.

Notable: plain numpy and Pillow, so that anybody can look at what a model made. Colours of the spectrogram are a
dark-to-light ramp whose lightness grows evenly.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundstage.errors import InputError
from soundstage.media.audio import Audio
from soundstage.media.image import Image
from soundstage.media.speech import Word
from soundstage.media.video import Video

PAPER, INK, WAVE, FAINT = (250, 248, 243), (52, 50, 48), (46, 98, 140), (205, 199, 188)
RAMP = np.array(
    [(10, 8, 30), (56, 22, 92), (134, 38, 104), (206, 70, 70), (244, 142, 52), (250, 220, 130), (255, 255, 240)]
)
TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600)
MARGIN = 18


def peaks(audio: Audio, columns: int) -> NDArray[np.float32]:
    """Lowest and highest sample (over all channels) in each of `columns` equal parts: float32 [columns, 2]."""
    if columns < 1:
        raise InputError("columns", f"is {columns}", "give at least 1")
    if not audio.length:
        return np.zeros((columns, 2), np.float32)
    edges = np.linspace(0, audio.length, columns + 1).astype(np.int64)
    starts = np.minimum(edges[:-1], audio.length - 1)
    low = np.minimum.reduceat(audio.samples.min(axis=0), starts)
    high = np.maximum.reduceat(audio.samples.max(axis=0), starts)
    return np.stack([low, high], axis=1)


def waveform(audio: Audio, *, width: int = 960, height: int = 160, words: tuple[Word, ...] = ()) -> Image:
    """The waveform with seconds under it, and the words over it where they sound."""
    import PIL.Image
    import PIL.ImageDraw

    canvas = PIL.Image.new("RGB", (width, height), PAPER)
    draw = PIL.ImageDraw.Draw(canvas)
    top, bottom = MARGIN if words else 4, height - MARGIN
    middle, half = (top + bottom) / 2, (bottom - top) / 2
    draw.line([(0, middle), (width, middle)], fill=FAINT)
    for x, (low, high) in enumerate(np.clip(peaks(audio, width), -1, 1)):
        draw.line([(x, middle - high * half), (x, middle - low * half)], fill=WAVE)
    for word in words:
        left = word.start / max(audio.seconds, 1e-9) * width
        draw.line([(left, top), (left, bottom)], fill=FAINT)
        draw.text((left + 2, 3), word.text, fill=INK, font=_font(11))
    _seconds_below(draw, audio.seconds, width, height)
    return Image(np.asarray(canvas))


def spectrogram(
    audio: Audio, *, width: int = 960, height: int = 320, floor_db: float = -80.0, top_hz: float | None = None
) -> Image:
    """The mono mix's spectrogram: decibels below the loudest (to `floor_db`), seconds under it, kHz at its left."""
    import PIL.Image
    import PIL.ImageDraw

    top = min(top_hz or audio.rate / 2, audio.rate / 2)
    shown = max(1, height - MARGIN)
    decibels = _decibels(audio, width, floor_db)
    rows = max(2, round(decibels.shape[0] * top / (audio.rate / 2)))
    shade = (decibels[:rows][::-1] - floor_db) / -floor_db
    sheet = PIL.Image.fromarray((shade * 255).astype(np.uint8)).resize((width, shown), PIL.Image.Resampling.BOX)
    colours = _ramp(np.asarray(sheet))
    canvas = PIL.Image.new("RGB", (width, height), PAPER)
    canvas.paste(PIL.Image.fromarray(colours), (0, 0))
    draw = PIL.ImageDraw.Draw(canvas)
    step = next(tick for tick in (0.5, 1, 2, 4, 8, 16, 1000) if top / 1000 / tick <= 8)
    for number in range(1, int(0.97 * top / 1000 / step) + 1):
        y = shown * (1 - number * step * 1000 / top)
        draw.line([(0, y), (5, y)], fill=(255, 255, 255))
        draw.text((8, y - 6), f"{number * step:g} kHz", fill=(255, 255, 255), font=_font(11))
    _seconds_below(draw, audio.seconds, width, height)
    return Image(np.asarray(canvas))


def contact_sheet(video: Video, columns: int = 4, rows: int = 3, *, width: int = 960, gap: int = 6) -> Image:
    """Frames evenly spread over the video, the first and the last among them, with their times."""
    import PIL.Image
    import PIL.ImageDraw

    if columns < 1 or rows < 1:
        raise InputError("columns", f"by rows is {columns}×{rows}", "give at least 1×1")
    cell = max(8, (width - gap * (columns + 1)) // columns)
    tall = max(1, round(cell * video.height / video.width))
    canvas = PIL.Image.new("RGB", (width, rows * (tall + gap) + gap), PAPER)
    draw = PIL.ImageDraw.Draw(canvas)
    count = columns * rows
    chosen = np.linspace(0, video.length - 1, count).round().astype(int) if count > 1 else np.zeros(1, int)
    enlarged = PIL.Image.Resampling.LANCZOS if cell < 4 * video.width else PIL.Image.Resampling.NEAREST
    for place, index in enumerate(chosen):
        x, y = gap + place % columns * (cell + gap), gap + place // columns * (tall + gap)
        canvas.paste(PIL.Image.fromarray(video.frames[index]).resize((cell, tall), enlarged), (x, y))
        time = f"{float(index / video.fps):.2f} s"
        draw.text((x + 5, y + tall - 16), time, fill="white", font=_font(11), stroke_width=1, stroke_fill=(0, 0, 0))
    return Image(np.asarray(canvas))


def _decibels(audio: Audio, width: int, floor_db: float) -> NDArray[np.float64]:
    """Short-time spectrum in decibels under its loudest, [frequencies, times], clipped at `floor_db`."""
    wave = audio.mono().samples[0].astype(np.float64)
    size = 2 ** round(np.log2(max(64, audio.rate * 0.032)))
    wave = np.pad(wave, (size // 2, size // 2 + 1))
    hop = max(1, (len(wave) - size) // (2 * width))
    blocks = np.lib.stride_tricks.sliding_window_view(wave, size)[::hop]
    window = np.hanning(size)
    power = np.concatenate(
        [np.abs(np.fft.rfft(part * window)) ** 2 for part in np.array_split(blocks, 1 + len(blocks) // 512)]
    )
    decibels = 10 * np.log10(np.maximum(power.T, 1e-12))
    return np.asarray(np.clip(decibels - decibels.max(), floor_db, 0))


def _ramp(shade: NDArray[np.uint8]) -> NDArray[np.uint8]:
    places = np.linspace(0, 255, len(RAMP))
    table = np.stack([np.interp(np.arange(256), places, RAMP[:, channel]) for channel in range(3)], axis=1)
    return np.asarray(table[shade], np.uint8)


def _seconds_below(draw: Any, seconds: float, width: int, height: int) -> None:
    step = next((tick for tick in TICKS if seconds / tick <= 12), 3600)
    for number in range(int(seconds / step) + 1):
        x = number * step / max(seconds, 1e-9) * width
        draw.line([(x, height - MARGIN), (x, height - MARGIN + 4)], fill=INK)
        if x < width - 24:
            draw.text((x + 3, height - MARGIN + 3), f"{number * step:g} s", fill=INK, font=_font(11))


def _font(size: int) -> Any:
    import PIL.ImageFont

    return PIL.ImageFont.load_default(size)
