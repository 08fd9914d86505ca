"""Writes mp4 (H.264, AAC) and webm (VP9, Opus) frame by frame, with sound, soft subtitles and chapters.

Notable: it never holds a film, and the file appears under its name only when it is whole. Colours are BT.709 and
the stream says so. The number of encoder threads is fixed, so the same frames make the same file on any machine.
"""

from __future__ import annotations

import contextlib
import html
from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import ceil
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from soundstage.errors import InputError
from soundstage.media.audio import Audio
from soundstage.media.audio_files import CODINGS, add_audio_stream, at_codec_rate, audio_frames
from soundstage.media.paths import discard, known_suffix, neighbour, publish
from soundstage.media.provenance import Provenance
from soundstage.media.subtitles import Cue
from soundstage.media.tags import KEY, tag_text
from soundstage.media.video import frame_rate

STREAMED = (".mp4", ".webm")
THREADS = 4
MAX_WEBM_FPS = 240  # its clock counts milliseconds
MAX_SIDE = 16_384
PICTURE_CODECS: dict[str, tuple[str, dict[str, str], int]] = {  # codec, options, usual rate factor
    ".mp4": ("libx264", {"preset": "medium"}, 16),
    ".webm": ("libvpx-vp9", {"b": "0", "deadline": "good", "cpu-used": "4", "row-mt": "1"}, 20),
}
SUBTITLE_CODECS = {".mp4": "mov_text", ".webm": "webvtt"}
ASS_HEADER = """[Script Info]
ScriptType: v4.00+
PlayResX: 384
PlayResY: 288

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, \
StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Arial,16,&Hffffff,&Hffffff,&H0,&H0,0,0,0,0,100,100,0,0,1,1,0,2,10,10,10,0

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


class VideoWriter:
    """Writes an mp4 or webm frame by frame, with sound, soft subtitles, chapters and provenance.

    `with VideoWriter("film.mp4", fps, (width, height), audio=mix) as writer: writer.write(frame)` for frames uint8
    [height, width, 3]. Sound is written as far as the pictures have come, so the file streams well. `subtitles` and
    `chapters` are cues; `quality` is the codec's rate factor (lower is better). Raises InputError for an unknown
    suffix, an odd size in mp4, and frames of another shape.
    """

    def __init__(
        self,
        path: str | Path,
        fps: Fraction | float | str,
        size: tuple[int, int],
        *,
        audio: Audio | None = None,
        subtitles: Sequence[Cue] = (),
        chapters: Sequence[Cue] = (),
        provenance: Provenance | None = None,
        title: str | None = None,
        language: str = "eng",
        quality: int | None = None,
    ) -> None:
        self.path = Path(path)
        self.fps = frame_rate(fps)
        self.width, self.height = size
        self.count = 0
        self._sound: Iterator[Any] | None = None
        self._heard = Fraction(0)
        self._container: Any = None
        self._cues: list[Cue] = []
        self._suffix = suffix = known_suffix(self.path, STREAMED)
        check_picture(suffix, self.fps, self.width, self.height)
        if audio is not None and not audio.length:
            raise InputError("audio", "is empty", "give at least one sample, or None")
        self._part = neighbour(self.path)
        try:
            self._open(None if audio is None else (audio.length, audio.rate), provenance, title)
            self._add_picture(quality)
            if audio is not None:
                self._add_sound(audio)
            if subtitles:
                self._add_subtitles(subtitles, language)
            if chapters:
                self._add_chapters(chapters)
        except BaseException:
            self.abandon()
            raise

    def _open(self, sound: tuple[int, int] | None, provenance: Provenance | None, title: str | None) -> None:
        import av

        self.path.parent.mkdir(parents=True, exist_ok=True)
        mp4 = self._suffix == ".mp4"
        # mp4 edit lists are in this clock: with it they end on a sample, or on a frame
        clock = sound[1] if sound else self.fps.numerator * ceil(1000 / self.fps.numerator)
        options = {"movflags": "+faststart", "movie_timescale": str(clock)} if mp4 else {}
        self._container = av.open(str(self._part), "w", options=options)
        if (text := tag_text(provenance, sound=sound, fps=None if mp4 else self.fps)) is not None:
            self._container.metadata[KEY] = text
        if title:
            self._container.metadata["title"] = title

    def _add_picture(self, quality: int | None) -> None:
        codec, options, usual = PICTURE_CODECS[self._suffix]
        factor = usual if quality is None else quality
        self._stream = self._container.add_stream(codec, rate=self.fps, options=options | {"crf": str(factor)})
        context = self._stream.codec_context
        context.width, context.height, context.pix_fmt = self.width, self.height, "yuv420p"
        context.thread_count = THREADS
        context.color_range = 1  # video levels
        context.colorspace = context.color_primaries = context.color_trc = 1  # BT.709
        context.time_base = self._stream.time_base = 1 / self.fps

    def _add_sound(self, audio: Audio) -> None:
        coding = CODINGS[".m4a" if self._suffix == ".mp4" else ".opus"]
        audio = at_codec_rate(audio if audio.channels <= 2 else audio.stereo(), coding)
        self._sound_stream = add_audio_stream(self._container, coding, audio.rate, audio.channels)
        self._sound = audio_frames(audio, self._sound_stream, coding)

    def _add_subtitles(self, cues: Sequence[Cue], language: str) -> None:
        stream = self._container.add_stream(SUBTITLE_CODECS[self._suffix])
        stream.codec_context.subtitle_header = ASS_HEADER.encode()
        stream.time_base = Fraction(1, 1000)
        stream.metadata["language"] = language
        self._subtitle_stream, self._cues = stream, sorted(cues, key=lambda cue: cue.start)

    def _add_chapters(self, chapters: Sequence[Cue]) -> None:
        self._container.set_chapters([_chapter(number, cue) for number, cue in enumerate(chapters, 1)])

    def write(self, frame: NDArray[np.uint8]) -> None:
        """Adds the next frame, uint8 [height, width, 3]."""
        import av

        if frame.dtype != np.uint8 or frame.shape != (self.height, self.width, 3):
            shape = f"{frame.dtype} {frame.shape}"
            raise InputError("frame", f"is {shape}", f"give uint8 ({self.height}, {self.width}, 3), like the first")
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
        picture = picture.reformat(
            format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG", interpolation="BICUBIC", threads=1
        )
        picture.pts, picture.time_base = self.count, 1 / self.fps
        self._container.mux(self._stream.encode(picture))
        self.count += 1
        if self._cues:
            self._mux_subtitles()
        self._mux_sound(until=self.count / self.fps)

    def _mux_sound(self, until: Fraction | None) -> None:
        while self._sound is not None and (until is None or self._heard < until):
            frame = next(self._sound, None)
            self._container.mux(self._sound_stream.encode(frame))
            if frame is None:
                self._sound = None
            else:
                self._heard = (frame.pts + frame.samples) * Fraction(frame.time_base)

    def _mux_subtitles(self) -> None:
        """All cues at once: the container keeps them until their time comes."""
        import av

        for cue in self._cues:
            data = self._subtitle_data(cue).encode()
            packet = av.Packet(len(data).to_bytes(2, "big") + data if self._suffix == ".mp4" else data)
            start = round(cue.start * 1000)
            packet.pts = packet.dts = start
            packet.duration = max(1, round(cue.end * 1000) - start)
            packet.time_base, packet.stream = Fraction(1, 1000), self._subtitle_stream
            self._container.mux(packet)
        self._cues = []

    def _subtitle_data(self, cue: Cue) -> str:
        words = cue.text if self._suffix == ".mp4" else html.escape(cue.text, quote=False)
        return words if cue.speaker is None else f"{cue.speaker}: {words}"

    def close(self) -> None:
        """Finishes the file and puts it in place. Raises InputError when no frame was written."""
        if self._container is None:
            return
        if not self.count:
            self.abandon()
            raise InputError("frames", "are none", "write at least one frame")
        try:
            self._container.mux(self._stream.encode(None))
            self._mux_sound(until=None)
            self._container.close()
            publish(self._part, self.path)
        except BaseException:
            self.abandon()
            raise
        self._container = None

    def abandon(self) -> None:
        """Gives up: nothing is left behind."""
        if self._container is not None:
            with contextlib.suppress(Exception):  # the file is thrown away: why it cannot be finished does not matter
                self._container.close()
            self._container = None
        discard(self._part)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abandon()


def check_picture(suffix: str, fps: Fraction, width: int, height: int) -> None:
    """Raises InputError for sizes and rates that a format cannot hold."""
    if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE):
        raise InputError("size", f"is {width}×{height}", f"give 1 to {MAX_SIDE} pixels a side")
    if suffix == ".mp4" and (width % 2 or height % 2):
        raise InputError(
            "size", f"is {width}×{height}, and mp4 holds even sizes only", "crop or scale it, or save .webm or .gif"
        )
    if suffix == ".webm" and fps > MAX_WEBM_FPS:
        raise InputError("fps", f"is {fps}", f"webm holds at most {MAX_WEBM_FPS}; save .mp4")


def _chapter(number: int, cue: Cue) -> dict[str, Any]:
    span = {"start": round(cue.start * 1000), "end": round(cue.end * 1000), "time_base": Fraction(1, 1000)}
    return {"id": number, "metadata": {"title": cue.text}} | span
