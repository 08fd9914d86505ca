"""Moving pictures from and to files: mp4 and webm (see `video_writer`), gif, and folders of numbered png.

Notable: rates are rational all the way; webm and gif, whose clocks are coarse, carry the exact one in the comment.
A file of varying rate, as telephones make, is read at its usual rate: a frame is shown again or left out where its
clock says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundstage.errors import InputError
from soundstage.media.audio import Audio
from soundstage.media.image import Image
from soundstage.media.image_files import SUFFIXES as STILLS
from soundstage.media.image_files import png_text
from soundstage.media.paths import damaged, decodable, existing, known_suffix, opened, pictured, unwritable, written
from soundstage.media.provenance import Provenance
from soundstage.media.tags import container_tag, rate_of, read_tag, tag_text
from soundstage.media.video import Video, frame_rate
from soundstage.media.video_writer import STREAMED, VideoWriter

SUFFIXES = (*STREAMED, ".gif")
MAX_GIF_FPS = 50  # its clock counts hundredths of a second, and players refuse less than two
FOLDER_FPS = Fraction(24)
MAX_HOLD = 60  # seconds that one frame may be held for, in a file of varying rate


def write_video(video: Video, path: Path, provenance: Provenance | None = None, *, audio: Audio | None = None) -> None:
    """Writes `video` atomically; see `Video.save`. Raises InputError for an unknown suffix and sound in a gif."""
    if audio is not None and path.suffix.lower() not in STREAMED:
        raise InputError("audio", f"cannot be held by {path.name!r}", f"use {' or '.join(STREAMED)}")
    if not path.suffix:
        _write_folder(video, path, provenance)
    elif known_suffix(path, SUFFIXES) == ".gif":
        _write_gif(video, path, provenance)
    else:
        size = (video.width, video.height)
        try:
            with VideoWriter(path, video.fps, size, audio=audio, provenance=provenance) as writer:
                for frame in video.frames:
                    writer.write(frame)
        except OSError as error:
            raise unwritable(path, error) from error


def read_video(path: Path) -> Video:
    """All frames of a file or a folder; see `Video.load`. Raises MissingError; InputError when it cannot be read."""
    fps = video_rate(path)
    read = list(frames(path))
    if len({frame.shape for frame in read}) > 1:
        raise damaged(path, "its frames differ in size")
    stacked = np.stack(read)
    stacked.flags.writeable = False
    return Video(stacked, fps)


def video_rate(path: Path) -> Fraction:
    """The exact frame rate of a file; a folder of pictures that does not say has 24. Raises as `read_video`."""
    stated = rate_of(read_tag(path))
    if stated is not None or path.is_dir():
        return stated or FOLDER_FPS
    if path.suffix.lower() == ".gif":
        return _gif_rate(path)
    with opened(path) as container:
        return _stream_rate(_pictures(container, path))


def frames(path: str | Path) -> Iterator[NDArray[np.uint8]]:
    """The frames of a file or folder one by one, uint8 [height, width, 3], at its rate. Raises as `read_video`."""
    path = existing(Path(path))
    if path.is_dir():
        return _folder_frames(path)
    if path.suffix.lower() == ".gif":
        return _gif_frames(path)
    return _stream_frames(path)


def _stream_frames(path: Path) -> Iterator[NDArray[np.uint8]]:
    with opened(path) as container:
        stream = _pictures(container, path)
        fps = rate_of(container_tag(container)) or _stream_rate(stream)
        promised, stream.thread_type = stream.frames or _webm_length(stream, fps), "AUTO"
        decoded = ((frame.time or 0.0, frame.to_ndarray(format="rgb24")) for frame in container.decode(stream))
        count = 0
        for pixels in _steadied(decoded, fps):
            yield pixels
            count += 1
    if not count or count < 0.9 * promised:
        raise damaged(path, f"it ends early, after {count} of {promised or 'its'} frames")


def _steadied(timed: Iterable[tuple[float, NDArray[np.uint8]]], fps: Fraction) -> Iterator[NDArray[np.uint8]]:
    """Frames with times in seconds as frames of a steady rate: each is held until the next one is due."""
    held: NDArray[np.uint8] | None = None
    count, start = 0, 0.0
    for time, pixels in timed:
        start = time if held is None else start
        due = min(round((time - start) * fps), count + round(MAX_HOLD * fps))
        while held is not None and count < due:
            yield held
            count += 1
        held = pixels
    if held is not None:
        yield held


def _pictures(container: Any, path: Path) -> Any:
    streams = decodable(container.streams.video)
    if not streams:
        raise InputError("path", f"{path} has no pictures", "give a video")
    return streams[0]


def _webm_length(stream: Any, fps: Fraction) -> int:
    """Frames that webm promises: it writes a stream's length into a tag, as hours:minutes:seconds."""
    try:
        hours, minutes, seconds = stream.metadata["DURATION"].split(":")
        return round((int(hours) * 3600 + int(minutes) * 60 + float(seconds)) * fps)
    except (KeyError, ValueError):
        return 0


def _stream_rate(stream: Any) -> Fraction:
    return frame_rate(stream.average_rate or stream.guessed_rate or FOLDER_FPS)


def _write_folder(video: Video, path: Path, provenance: Provenance | None) -> None:
    """Numbered png; the first carries provenance and rate."""
    import PIL.Image

    with written(path) as part:
        part.mkdir()
        for index, pixels in enumerate(video.frames):
            text = png_text(tag_text(provenance, fps=video.fps)) if index == 0 else None
            PIL.Image.fromarray(pixels).save(part / f"{index:06d}.png", "PNG", pnginfo=text, compress_level=3)


def _folder_frames(path: Path) -> Iterator[NDArray[np.uint8]]:
    pictures = sorted(child for child in path.iterdir() if child.suffix.lower() in STILLS)
    if not pictures:
        raise damaged(path, f"the folder has no pictures ({', '.join(STILLS)})")
    for picture in pictures:
        yield Image.load(picture).pixels


def _write_gif(video: Video, path: Path, provenance: Provenance | None) -> None:
    """One palette for all frames, so that still parts stay still; delays alternate to keep the rate on the average."""
    import PIL.Image

    if video.fps > MAX_GIF_FPS:
        raise InputError("fps", f"is {video.fps}", f"gif holds at most {MAX_GIF_FPS}; save .mp4 or .webm")
    chosen = video.frames[np.linspace(0, video.length - 1, min(video.length, 12)).round().astype(int)]
    strip = PIL.Image.fromarray(np.ascontiguousarray(chosen.reshape(-1, video.width, 3)))
    palette = strip.quantize(256, PIL.Image.Quantize.MEDIANCUT)
    stills = [PIL.Image.fromarray(pixels).quantize(palette=palette) for pixels in video.frames]
    ends = [round(Fraction(index * 100) / video.fps) for index in range(video.length + 1)]
    delays = [10 * (end - start) for start, end in pairwise(ends)]
    text = tag_text(provenance, fps=video.fps)
    with written(path) as part:
        stills[0].save(
            part, "GIF", save_all=True, append_images=stills[1:], duration=delays, loop=0, comment=(text or "").encode()
        )


def _gif_delays(path: Path) -> list[tuple[float, NDArray[np.uint8]]]:
    """Every picture of a gif with how long it is shown, in seconds."""
    import PIL.ImageSequence

    with pictured(path) as gif:
        return [
            (frame.info.get("duration", 100) / 1000 or 0.1, np.asarray(frame.convert("RGB")))
            for frame in PIL.ImageSequence.Iterator(gif)
        ]


def _gif_rate(path: Path) -> Fraction:
    """A foreign gif's rate: that of its shortest delay."""
    return frame_rate(1 / Fraction(min(delay for delay, _ in _gif_delays(path))).limit_denominator(100))


def _gif_frames(path: Path) -> Iterator[NDArray[np.uint8]]:
    fps, end, count = video_rate(path), 0.0, 0
    for delay, pixels in _gif_delays(path):
        end += delay
        while count < max(1, round(end * fps)):
            yield pixels
            count += 1
