"""What is in a file: kinds, sizes, rates, lengths, and where it comes from: what `soundstage info FILE` prints."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from soundstage.media.image_files import SUFFIXES as STILLS
from soundstage.media.paths import damaged, decodable, existing, opened, pictured
from soundstage.media.project import SUFFIX, load_project, project_provenance
from soundstage.media.provenance import Provenance
from soundstage.media.tags import provenance_of, rate_of, read_tag, sound_of


@dataclass(frozen=True, kw_only=True)
class SoundFacts:
    """A sound stream. `seconds` is the length of what `Audio.load` gives."""

    codec: str
    rate: int
    channels: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class PictureFacts:
    """A picture stream; a still has one frame and no rate."""

    codec: str
    width: int
    height: int
    fps: Fraction | None
    frames: int


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What `probe` found in a file."""

    path: str
    bytes: int
    seconds: float | None
    sound: SoundFacts | None
    picture: PictureFacts | None
    subtitles: tuple[str, ...]
    title: str | None
    provenance: Provenance | None

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it: fractions are texts, absent parts are left out."""
        facts = {name: value for name, value in asdict(self).items() if value not in (None, ())}
        if self.provenance is not None:
            facts["provenance"]["commercial"] = self.provenance.commercial
        if self.picture is not None and self.picture.fps is not None:
            facts["picture"]["fps"] = str(self.picture.fps)
        return facts

    def lines(self) -> Iterator[tuple[str, str]]:
        """Name and value of every fact, for people."""
        yield "file", f"{self.path} ({_size(self.bytes)})"
        if self.title:
            yield "title", self.title
        if self.seconds is not None:
            yield "length", f"{self.seconds:.3f} s"
        if self.picture is not None:
            rate = "" if self.picture.fps is None else f", {self.picture.fps} fps, {self.picture.frames} frames"
            yield "picture", f"{self.picture.codec}, {self.picture.width}×{self.picture.height}{rate}"
        if self.sound is not None:
            channels = {1: "mono", 2: "stereo"}.get(self.sound.channels, f"{self.sound.channels} channels")
            yield "sound", f"{self.sound.codec}, {self.sound.rate} Hz, {channels}, {self.sound.seconds:.3f} s"
        if self.subtitles:
            yield "subtitles", ", ".join(self.subtitles)
        if self.provenance is None:
            yield "made by", "unknown: the file carries no provenance"
            return
        for name in ("task", "model", "licence", "seed", "prompt", "version"):
            if (value := getattr(self.provenance, name)) not in (None, ""):
                yield name, str(value)
        if self.provenance.commercial is not None:
            yield "commercial use", "yes" if self.provenance.commercial else "no"
        for number, source in enumerate(self.provenance.sources, 1):
            yield f"source {number}", str(source)
        for name, value in self.provenance.extra.items():
            yield name, str(value)
        if self.provenance.graph:
            yield (
                "graph",
                f"{len(self.provenance.graph.get('nodes', ()))} nodes; the file can be opened as its own recipe",
            )


def probe(path: str | Path) -> Facts:
    """The facts of a media file, a `.music` project or a folder of pictures.

    Raises MissingError, or InputError for what is none of them.
    """
    path = existing(Path(path))
    if path.suffix.lower() == SUFFIX and path.is_file():
        return _project(path)
    tag = read_tag(path)
    sound: SoundFacts | None = None
    picture: PictureFacts | None
    subtitles: tuple[str, ...] = ()
    title: str | None = None
    size = path.stat().st_size
    if path.is_dir():
        picture = _folder(path, rate_of(tag))
        size = sum(child.stat().st_size for child in path.iterdir())
    elif path.suffix.lower() in (*STILLS, ".gif"):
        picture = _still(path, rate_of(tag))
    else:
        with opened(path) as container:
            sound = _sound(container, sound_of(tag))
            picture = _moving(container, rate_of(tag))
            subtitles = tuple(
                f"{stream.codec_context.name} ({stream.metadata.get('language', 'und')})"
                for stream in decodable(container.streams.subtitles)
            )
            title = container.metadata.get("title")
    if sound is None and picture is None:
        raise damaged(path, "it holds neither sound nor pictures")
    lengths = [sound.seconds] if sound else []
    if picture is not None and picture.fps is not None:
        lengths.append(float(picture.frames / picture.fps))
    return Facts(
        path=str(path),
        bytes=size,
        seconds=max(lengths, default=None),
        sound=sound,
        picture=picture,
        subtitles=subtitles,
        title=title,
        provenance=provenance_of(tag),
    )


def _project(path: Path) -> Facts:
    music = load_project(path)
    count = len(music.stems)
    sound = SoundFacts(
        codec=f"mix and {count} stem{'s' * (count != 1)}",
        rate=music.mix.rate,
        channels=music.mix.channels,
        seconds=music.mix.seconds,
    )
    return Facts(
        path=str(path), bytes=path.stat().st_size, seconds=music.mix.seconds, sound=sound, picture=None, subtitles=(),
        title=None, provenance=project_provenance(path),
    )  # fmt: skip


def _sound(container: Any, true: tuple[int, int] | None) -> SoundFacts | None:
    streams = decodable(container.streams.audio)
    if not streams:
        return None
    stream = streams[0]
    length, rate = true or (None, stream.rate)
    if length is not None:
        seconds = length / rate
    elif stream.duration is not None:
        seconds = float(stream.duration * stream.time_base)
    else:
        seconds = (container.duration or 0) / 1e6
    return SoundFacts(
        codec=stream.codec_context.name.removesuffix("float"), rate=rate, channels=stream.channels, seconds=seconds
    )


def _moving(container: Any, true: Fraction | None) -> PictureFacts | None:
    streams = decodable(container.streams.video)
    if not streams:
        return None
    stream = streams[0]
    fps = true or (Fraction(stream.average_rate) if stream.average_rate else None)
    frames = stream.frames or sum(packet.size > 0 for packet in container.demux(stream))
    return PictureFacts(
        codec=stream.codec_context.name, width=stream.width, height=stream.height, fps=fps, frames=frames
    )


def _still(path: Path, true: Fraction | None) -> PictureFacts:
    with pictured(path) as picture:
        frames, codec = getattr(picture, "n_frames", 1), (picture.format or "?").lower()
        width, height = picture.size
    if codec == "gif":
        from soundstage.media.video_files import frames as each
        from soundstage.media.video_files import video_rate

        return PictureFacts(
            codec=codec, width=width, height=height, fps=video_rate(path), frames=sum(1 for _ in each(path))
        )
    return PictureFacts(codec=codec, width=width, height=height, fps=true, frames=frames)


def _folder(path: Path, true: Fraction | None) -> PictureFacts:
    from soundstage.media.video_files import video_rate

    pictures = sorted(child for child in path.iterdir() if child.suffix.lower() in STILLS)
    if not pictures:
        raise damaged(path, f"the folder has no pictures ({', '.join(STILLS)})")
    first = _still(pictures[0], None)
    fps = true or video_rate(path)
    return PictureFacts(codec=first.codec, width=first.width, height=first.height, fps=fps, frames=len(pictures))


def _size(count: int) -> str:
    size = float(count)
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} GB"
