"""The film as an OpenTimelineIO timeline: picture, speech, music and markers, all at exact rational times.

Notable: media references point at the files saved beside the film, relatively, so that the folder can be moved; the
script's own words travel as metadata under `soundstage`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import opentimelineio as otio

from soundstage.film.script import Script
from soundstage.film.storyboard import line_name, speaker_name
from soundstage.film.timing import FPS, Cut

SOUND_RATE = 48_000


def timeline(
    script: Script, cut: Cut, line_seconds: list[float], *, film: str, lines: str, music: str
) -> otio.schema.Timeline:
    """The timeline of a film. `film`, `lines` (a folder) and `music` are where the media is, as references say it."""
    made = otio.schema.Timeline(name=script.titles.title, global_start_time=_frames(0))
    made.metadata["soundstage"] = {"brief": script.brief, "mood": script.bible.mood, "seed": script.bible.seed}
    made.tracks.append(_picture(script, cut, film))
    made.tracks.append(_speech(script, cut, line_seconds, lines))
    made.tracks.append(_music(cut, music))
    return made


def save_timeline(made: otio.schema.Timeline, path: Path) -> None:
    """Write it as .otio (JSON), atomically."""
    part = path.with_name(f".{path.stem}.part{path.suffix}")
    otio.adapters.write_to_file(made, str(part), adapter_name="otio_json")
    part.replace(path)


def _frames(count: int) -> otio.opentime.RationalTime:
    return otio.opentime.RationalTime(count, FPS)


def _samples(seconds: float) -> otio.opentime.RationalTime:
    return otio.opentime.RationalTime(round(seconds * SOUND_RATE), SOUND_RATE)


def _span(start: Any, length: Any) -> otio.opentime.TimeRange:
    return otio.opentime.TimeRange(start, length)


def _picture(script: Script, cut: Cut, film: str) -> otio.schema.Track:
    track = otio.schema.Track(name="Picture", kind=otio.schema.TrackKind.Video)
    parts: list[tuple[str, int, dict[str, Any]]] = (
        [("Title", cut.title, {"title": script.titles.title})] if cut.title else []
    )
    parts += [
        (shot.id, length.frames, shot.model_dump(mode="json"))
        for shot, length in zip(script.shots, cut.shots, strict=True)
    ]
    parts += [("End", cut.end, {"end": script.titles.end})] if cut.end else []
    start = 0
    for name, frames, facts in parts:
        media = otio.schema.ExternalReference(film, _span(_frames(0), _frames(cut.frames)))
        clip = otio.schema.Clip(name, media, _span(_frames(start), _frames(frames)))
        clip.metadata["soundstage"] = facts
        mark = otio.schema.Marker(
            name=name, marked_range=_span(_frames(start), _frames(0)), color=otio.schema.MarkerColor.GREEN
        )
        clip.markers.append(mark)
        track.append(clip)
        start += frames
    return track


def _speech(script: Script, cut: Cut, line_seconds: list[float], folder: str) -> otio.schema.Track:
    """Every line as a clip of its own file, gaps between."""
    track = otio.schema.Track(name="Speech", kind=otio.schema.TrackKind.Audio)
    at = 0  # samples
    for (shot, number, line), start, seconds in zip(script.lines(), cut.line_starts(), line_seconds, strict=True):
        first, length = round(start * SOUND_RATE), round(seconds * SOUND_RATE)
        if first > at:
            gap = _span(_samples(0), otio.opentime.RationalTime(first - at, SOUND_RATE))
            track.append(otio.schema.Gap(source_range=gap))
        name = line_name(shot, number)
        whole = _span(_samples(0), otio.opentime.RationalTime(length, SOUND_RATE))
        clip = otio.schema.Clip(name, otio.schema.ExternalReference(f"{folder}/{name}.wav", whole), whole)
        clip.metadata["soundstage"] = {"speaker": speaker_name(script, line) or "Narrator", "text": line.text}
        track.append(clip)
        at = first + length
    return track


def _music(cut: Cut, music: str) -> otio.schema.Track:
    track = otio.schema.Track(name="Music", kind=otio.schema.TrackKind.Audio)
    whole = _span(_samples(0), _samples(cut.seconds))
    track.append(otio.schema.Clip("Music", otio.schema.ExternalReference(music, whole), whole))
    return track
