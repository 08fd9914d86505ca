"""Measures a finished film from its files: does it hold what a film promises?

Notable: picture, sound and subtitles are read back from the mp4 itself, after all coding; the speech that the cues are
compared with is found by its energy in the saved lines, not taken from the times that made the cues.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from soundstage.errors import MissingError
from soundstage.film.levels import CEILING, TARGET, loudness, speech_over_music, spoken, true_peak
from soundstage.film.timing import FPS
from soundstage.media.audio import Audio
from soundstage.media.subtitles import Cue, read_subtitles

SYNC = 0.08
"""Seconds that a cue may be away from its line."""
OVER_MUSIC = 6.0
"""dB that speech is above the music, at least."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """What was measured: seconds, LUFS, dBTP, dB; `cues` is how many there are."""

    video_end: float
    audio_end: float
    width: int
    height: int
    fps: Fraction
    loudness: float
    peak: float
    speech_over_music: float
    cues: int
    cue_error: float

    @property
    def end_difference(self) -> float:
        """Seconds between the ends of picture and sound."""
        return abs(self.video_end - self.audio_end)

    def faults(self) -> list[str]:
        """Every promise that is not kept; empty for a good film."""
        checks = (
            (self.end_difference <= 1 / FPS, f"picture and sound end {self.end_difference * 1000:.0f} ms apart"),
            (self.fps == FPS, f"{self.fps} frames a second"),
            (min(self.width, self.height) >= 512, f"{self.width}×{self.height} is small"),
            (abs(self.loudness - TARGET) <= 1, f"{self.loudness:.1f} LUFS instead of {TARGET:g}"),
            (self.peak <= CEILING + 0.05, f"a true peak of {self.peak:.2f} dBTP"),
            (self.speech_over_music >= OVER_MUSIC, f"speech only {self.speech_over_music:.1f} dB over the music"),
            (self.cue_error <= SYNC, f"a cue {self.cue_error * 1000:.0f} ms away from its line"),
        )
        return [fault for kept, fault in checks if not kept]


def measure(film: str | Path, parts: str | Path | None = None) -> Report:
    """Measure a film file with its parts (by default `NAME.parts` beside it).

    Raises MissingError when one of them is not there.
    """
    film = Path(film)
    parts = Path(parts) if parts is not None else film.with_suffix(".parts")
    for path in (film, parts / "stems", parts / "timeline.otio"):
        if not path.exists():
            raise MissingError(
                f"{path} is not there", "give a film and the folder of its parts, as `Film.save` writes them"
            )
    picture = _picture(film)
    sound = Audio.load(film)
    cues = read_subtitles(film)
    speech, music = parts / "stems" / "speech.wav", parts / "stems" / "music.wav"
    apart = float("inf")
    if speech.is_file() and music.is_file():
        apart = speech_over_music(Audio.load(speech), Audio.load(music))
    return Report(
        **picture,
        loudness=loudness(sound),
        peak=true_peak(sound),
        speech_over_music=apart,
        cues=len(cues),
        cue_error=cue_error(cues, line_spans(parts)),
    )


def _picture(film: Path) -> dict[str, Any]:
    """Ends of the streams as a player sees them (edit lists honoured), size and rate."""
    import av

    with av.open(str(film)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        ends: dict[int, Fraction] = {}
        for packet in container.demux(video, audio):
            if packet.pts is not None and packet.duration:
                end = Fraction(packet.pts + packet.duration) * Fraction(packet.time_base)
                ends[packet.stream.index] = max(end, ends.get(packet.stream.index, Fraction(0)))
        lasts = Fraction(audio.duration) * Fraction(audio.time_base) if audio.duration else ends[audio.index]
        return {
            "video_end": float(ends[video.index]),
            "audio_end": float(min(lasts, ends[audio.index])),
            "width": video.codec_context.width,
            "height": video.codec_context.height,
            "fps": Fraction(video.average_rate),
        }


def line_spans(parts: Path) -> list[tuple[float, float]]:
    """When each line is really heard in the film: where the timeline puts it, and where its file has sound."""
    import opentimelineio as otio

    timeline = otio.adapters.read_from_file(str(parts / "timeline.otio"), adapter_name="otio_json")
    track = next(track for track in timeline.tracks if track.name == "Speech")
    spans = []
    for clip in track.find_clips():
        start = track.range_of_child(clip).start_time.to_seconds()
        heard = spoken(Audio.load(parts / clip.media_reference.target_url), breath=60.0)
        if heard:
            spans.append((start + heard[0][0], start + heard[-1][1]))
    return spans


def cue_error(cues: tuple[Cue, ...], lines: list[tuple[float, float]]) -> float:
    """The worst distance, in seconds, of a line's first cue from its start, of its last from its end; inf without."""
    worst = 0.0
    for start, end in lines:
        mine = [cue for cue in cues if min(cue.end, end) - max(cue.start, start) > 0.5 * (cue.end - cue.start)]
        if not mine:
            return float("inf")
        worst = max(worst, abs(min(cue.start for cue in mine) - start), abs(max(cue.end for cue in mine) - end))
    return worst if lines or not cues else float("inf")
