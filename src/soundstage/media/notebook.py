"""How values show themselves in a notebook: players with the file inside the page, waveforms as SVG, words under them.

Notable: everything is in the one piece of HTML, nothing is fetched, and every text is escaped.
"""

from __future__ import annotations

import base64
import html
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from soundstage.media.picture import peaks

if TYPE_CHECKING:
    from soundstage.media.audio import Audio
    from soundstage.media.image import Image
    from soundstage.media.music import Music
    from soundstage.media.speech import Speech
    from soundstage.media.video import Video

WIDTH, HEIGHT = 640, 72
LONGEST = 300  # seconds; what is longer shows its beginning


def audio_html(audio: Audio) -> str:
    """A waveform and a player."""
    return _box(f"{waveform_svg(audio)}{_player(audio)}{_caption(repr(audio))}")


def speech_html(speech: Speech) -> str:
    """A waveform with the words where they sound, and a player."""
    percent = 100 / max(speech.seconds, 1e-9)
    words = "".join(
        f'<span title="{word.start:.2f}–{word.end:.2f} s" style="position:absolute;left:{word.start * percent:.2f}%;'
        f'border-left:1px solid #bbb;padding-left:2px">{html.escape(word.text)}</span>'
        for word in speech.words
    )
    style = "position:relative;height:1.4em;font-size:11px;white-space:nowrap;overflow:hidden"
    line = f'<div style="{style}">{words}</div>'
    return _box(f"{waveform_svg(speech.audio)}{line}{_player(speech.audio)}{_caption(speech.text)}")


def music_html(music: Music) -> str:
    """The mix with its beats and a player, and each stem's waveform."""
    stems = "".join(
        f'<div style="font-size:11px">{html.escape(name)}{waveform_svg(stem, height=28)}</div>'
        for name, stem in music.stems.items()
    )
    beats = tuple((beat.time, beat.number == 1) for beat in music.beats)
    text = repr(music.score) if music.score is not None else repr(music)
    return _box(f"{waveform_svg(music.mix, marks=beats)}{_player(music.mix)}{stems}{_caption(text)}")


def image_html(image: Image) -> str:
    """The picture."""
    data = _file(image, "picture.png")
    return f'<img alt="{html.escape(repr(image))}" style="max-width:100%" src="data:image/png;base64,{data}">'


def video_html(video: Video) -> str:
    """A player; an odd size, which H.264 cannot hold, is shown as webm."""
    suffix = "webm" if video.width % 2 or video.height % 2 else "mp4"
    source = f'src="data:video/{suffix};base64,{_file(video, f"clip.{suffix}")}"'
    return _box(
        f'<video controls loop muted style="max-width:100%;min-width:256px" {source}></video>{_caption(repr(video))}'
    )


def waveform_svg(
    audio: Audio, *, width: int = WIDTH, height: int = HEIGHT, marks: tuple[tuple[float, bool], ...] = ()
) -> str:
    """A waveform as SVG, one polygon; `marks` are thin lines at times in seconds, the true ones stronger."""
    columns = min(width, 320)
    step, middle = width / columns, height / 2
    points = [((index + 0.5) * step, low, high) for index, (low, high) in enumerate(peaks(audio, columns).clip(-1, 1))]
    upper = [f"{x:.1f},{middle - high * middle:.1f}" for x, _, high in points]
    lower = [f"{x:.1f},{middle - low * middle + 0.5:.1f}" for x, low, _ in reversed(points)]
    whole = max(audio.seconds, 1e-9)
    lines = "".join(
        f'<line x1="{time / whole * width:.1f}" x2="{time / whole * width:.1f}" y1="0" y2="{height}" '
        f'stroke="#c0532b" stroke-width="{1 if strong else 0.4}"/>'
        for time, strong in marks
    )
    style = f"width:100%;height:{height}px;display:block"
    shape = f'<polygon points="{" ".join(upper + lower)}" fill="#2e628c"/>'
    frame = f'viewBox="0 0 {width} {height}" preserveAspectRatio="none" role="img" aria-label="waveform"'
    return f'<svg {frame} style="{style}">{shape}{lines}</svg>'


def _player(audio: Audio) -> str:
    shown = audio.cut(0, LONGEST) if audio.seconds > LONGEST else audio
    if not shown.length:
        return ""
    shown = shown if shown.channels <= 2 else shown.stereo()
    if shown.seconds > 20:
        kind, data = "mp4", _file(shown, "sound.m4a")
    else:
        kind, data = "wav", _file(shown, "sound.wav")
    return f'<audio controls style="width:100%" src="data:audio/{kind};base64,{data}"></audio>'


def _file(value: Audio | Image | Video, name: str) -> str:
    """The value as a file, in base64."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        value.save(path)
        return base64.b64encode(path.read_bytes()).decode()


def _caption(text: str) -> str:
    return f'<div style="font-size:12px;color:#666">{html.escape(text)}</div>'


def _box(inside: str) -> str:
    return f'<div style="max-width:{WIDTH}px;font-family:sans-serif">{inside}</div>'
