"""Sound files of any length, block by block: read, brought to another rate, and written, in memory that stays the same.

Notable: the blocks joined are what `Audio.load`, `Audio.resampled` and `Audio.save` make of the whole, so that nobody
hears where one block ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from math import ceil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from soundstage.errors import InputError
from soundstage.media.audio import MOST_PHASES, Audio, lowpass
from soundstage.media.audio_files import (
    CODINGS,
    add_audio_stream,
    as_float,
    at_codec_rate,
    audio_frames,
    check_riff,
    stated_length,
)
from soundstage.media.paths import damaged, decodable, known_suffix, opened, written
from soundstage.media.provenance import Provenance
from soundstage.media.tags import KEY, container_tag, sound_of, tag_text

SECONDS = 8
"""Of a block that is read or brought to another rate."""
Samples = NDArray[np.float32]


def read_blocks(path: Path, seconds: float = SECONDS) -> tuple[int, int, Iterator[Samples]]:
    """Rate, channels and the blocks [channels, time] of the first sound in a file.

    A lossy file that says of which rate it was made is read whole. Raises as `Audio.load` does, at the first block for
    what stands later in the file.
    """
    with opened(path) as container:
        streams = decodable(container.streams.audio)
        if not streams:
            raise InputError("path", f"{path} has no sound", "give a sound file, or a video with sound")
        check_riff(path)
        rate, channels, sound = streams[0].rate, streams[0].channels, sound_of(container_tag(container))
    if sound is not None and sound[1] != rate:
        whole = Audio.load(path)
        return whole.rate, whole.channels, iter((whole.samples,))
    expected = None if sound is None else sound[0]
    return rate, channels, _gathered(_decoded(path, expected), channels, max(1, round(seconds * rate)))


def _decoded(path: Path, expected: int | None) -> Iterator[Samples]:
    """What the decoder gives, cut to the samples that the file says it has; silence where it gives fewer."""
    done = 0
    with opened(path) as container:
        stream = decodable(container.streams.audio)[0]
        rate = stream.rate
        expected = stated_length(container, stream) if expected is None else expected
        for frame in container.decode(stream):
            samples = np.nan_to_num(as_float(frame))
            samples = samples if expected is None else samples[:, : max(0, expected - done)]
            done += samples.shape[1]
            yield samples
        frame_size, channels = stream.codec_context.frame_size or 0, stream.channels
    if not done:
        raise damaged(path, "it holds no sound")
    if expected is not None and done < expected:
        if done < expected - 2 * frame_size - rate // 50:
            raise damaged(path, f"it ends early, after {done / rate:.2f} of {expected / rate:.2f} s")
        yield np.zeros((channels, expected - done), np.float32)


def _gathered(parts: Iterable[Samples], channels: int, size: int) -> Iterator[Samples]:
    """The same samples in blocks of `size`, the last one maybe shorter."""
    waiting, count = [np.zeros((channels, 0), np.float32)], 0
    for part in parts:
        waiting.append(part)
        count += part.shape[1]
        while count >= size:
            joined = np.concatenate(waiting, axis=1)
            yield joined[:, :size]
            waiting, count = [joined[:, size:]], count - size
    if count:
        yield np.concatenate(waiting, axis=1)


def rerated(blocks: Iterable[Samples], channels: int, old: int, new: int) -> Iterator[Samples]:
    """The blocks at another rate: every sample is the one that `Audio.resampled` makes of the whole."""
    if old == new:
        yield from blocks
        return
    from scipy.signal import resample_poly

    ratio = Fraction(new, old)
    near = ratio.limit_denominator(MOST_PHASES)
    up, down = near.numerator, near.denominator
    window = lowpass(max(up, down))
    margin = (ceil((len(window) // 2) / up / down) + 1) * down  # whole periods, at least what the filter reaches
    size = max(1, SECONDS * old // down) * down
    read = made = 0
    context = np.zeros((channels, 0), np.float32)  # the samples from `read - margin` on, all that there is of them
    before = 0  # of the context, those that are already made
    for block in _gathered(blocks, channels, size):
        read += block.shape[1]
        context = np.concatenate((context, block), axis=1)
        ready = (context.shape[1] - margin) // down * down
        if ready <= before:
            continue
        sound = resample_poly(context, up, down, axis=1, window=window).astype(np.float32, copy=False)
        part = sound[:, before * up // down : ready * up // down]
        made += part.shape[1]
        yield part
        keep = max(0, ready - margin)
        context, before = context[:, keep:], ready - keep
    if read:
        sound = resample_poly(context, up, down, axis=1, window=window).astype(np.float32, copy=False)
        rest = sound[:, before * up // down :]
        want = ceil(read * ratio) - made
        yield np.pad(rest[:, :want], ((0, 0), (0, max(0, want - rest.shape[1]))))


def write_blocks(
    path: Path,
    blocks: Iterable[Samples],
    *,
    rate: int,
    channels: int,
    length: int | None,
    provenance: Provenance | None = None,
) -> None:
    """Write `length` samples, which the blocks hold, to a file of any suffix that `Audio.save` knows; atomically.

    Without a length, known only when the last block is made, a lossy file does not say at which rate it was made.
    Raises InputError for another suffix and for more channels than the format has.
    """
    import av

    coding = CODINGS[known_suffix(path, CODINGS)]
    if channels > (2 if coding.kbits else 8):
        raise InputError("samples", f"have {channels} channels, too many for {path.suffix}", "choose .wav")
    text = tag_text(provenance, sound=(length, rate) if coding.kbits and length is not None else None)
    goal = at_codec_rate(Audio.silence(0, rate, channels), coding).rate
    options = {"movie_timescale": str(goal), "movflags": "+faststart"} if coding.container == "mp4" else {}
    with written(path) as part, av.open(str(part), "w", format=coding.container, options=options) as container:
        if text is not None:
            container.metadata[KEY] = text
        stream = add_audio_stream(container, coding, goal, channels)
        size = (stream.codec_context.frame_size or 4096) * 64
        done = 0
        for block in _gathered(rerated(blocks, channels, rate, goal), channels, size):
            for frame in audio_frames(Audio(block, goal), stream, coding):
                if frame.pts < 0 < done:
                    continue  # the silence before the first block stands before none other
                frame.pts += done
                container.mux(stream.encode(frame))
            done += block.shape[1]
        container.mux(stream.encode(None))
