"""The master: title card, shots and end card with cross-fades, sound, subtitles and chapters, streamed into one mp4.

Notable: pictures pass one at a time; at most two clips are open, at a cross-fade. Every segment gives half a fade more
than it shows at both ends, so both pictures go on moving while they mix. Picture and sound have one length.
"""

from __future__ import annotations

import json
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

from soundstage.errors import InputError
from soundstage.film import titles
from soundstage.film.frame import Frame, crossfaded, faded, fitted, smooth
from soundstage.film.reel import Reel
from soundstage.film.soundtrack import Soundtrack
from soundstage.film.timing import FADE, FPS, Cut
from soundstage.graph import Says, task
from soundstage.media.sources import Source
from soundstage.media.subtitles import Cue
from soundstage.media.video import Video
from soundstage.media.video_writer import VideoWriter

HALF = FADE // 2
DRAFT_NOTE = "Draft. Pictures drawn by the storybook renderer."


@dataclass(frozen=True)
class Segment:
    """`count` frames of the film, and where they come from: an iterator of `count + FADE` frames, the film's size."""

    count: int
    frames: Iterator[Frame]


@task(version=1, name="film.master")
def master_film(
    clips: Annotated[list[list[Video | Reel]], Says("The clips of every shot, in order.")],
    sound: Soundtrack,
    cues: list[Cue],
    cut: Cut,
    cards: Annotated[dict[str, str], Says("The words on the cards: title, subtitle, end, note.")],
    chapters: Annotated[list[str], Says("A name for every shot.")],
    size: Annotated[int, Says("Pixels of a side.")] = 512,
    burn: Annotated[bool, Says("Draw the subtitles into the picture.")] = False,
    facts: Annotated[dict[str, Any] | None, Says("What the file says of itself; its graph as JSON text.")] = None,
) -> Reel:
    """The finished film, H.264 and AAC with a soft subtitle track, as a file in memory."""
    from soundstage import runtime

    known = dict(facts or {})
    graph = json.loads(known.pop("graph", "null"))
    sources = map(Source.read, known.pop("sources", ()))
    pictures: Iterable[Frame] = assemble(clips, cut, cards, size)
    if burn:
        pictures = with_subtitles(pictures, cues, size)
    with tempfile.TemporaryDirectory(prefix="soundstage-") as folder:
        path = Path(folder) / "film.mp4"
        with VideoWriter(
            path,
            Fraction(FPS),
            (size, size),
            audio=sound.master,
            subtitles=cues,
            chapters=chapter_cues(cut, chapters),
            provenance=runtime.provenance("film", graph=graph, sources=sources, **known),
            title=cards.get("title") or None,
            quality=18,
        ) as writer:
            for frame in runtime.progress(pictures, "mastering", cut.frames):
                writer.write(frame)
        return Reel(path.read_bytes(), writer.count, size, size, Fraction(FPS))


def assemble(clips: Sequence[Sequence[Video | Reel]], cut: Cut, cards: dict[str, str], size: int) -> Iterator[Frame]:
    """Every frame of the film, uint8 [size, size, 3].

    Raises InputError when there are not as many shots as the cut has.
    """
    if len(clips) != len(cut.shots):
        raise InputError("clips", f"are of {len(clips)} shots", f"give those of {len(cut.shots)}")
    takes: list[tuple[Video | Reel, int]] = []
    for shot, length in zip(clips, cut.shots, strict=True):
        share = -(-length.frames // len(shot))
        takes += [(clip, min(share, length.frames - share * index)) for index, clip in enumerate(shot)]
    segments = [Segment(count, taken(clip, count + FADE, size)) for clip, count in takes]
    if cut.title:
        segments.insert(0, Segment(cut.title, _title(takes[0][0], cut.title, cards, size)))
    if cut.end:
        segments.append(Segment(cut.end, _end(takes[-1][0], takes[-1][1], cut.end, cards, size)))
    for index, frame in enumerate(joined(segments)):
        dark = 1 - smooth((index + 1) / FADE) if index < FADE else smooth((index - cut.frames + FADE + 1) / FADE)
        yield faded(frame, dark)


def joined(segments: Sequence[Segment]) -> Iterator[Frame]:
    """All segments one after another, cross-fading over FADE frames centred on each cut."""
    before: Iterator[Frame] | None = None
    for index, segment in enumerate(segments):
        frames = segment.frames
        if before is None:
            next(islice(frames, HALF - 1, HALF), None)  # what would have mixed with a picture before
            yield from islice(frames, segment.count - HALF)
        else:
            yield from crossfaded(before, frames, FADE)
            yield from islice(frames, segment.count - FADE)
        before = frames
        if index == len(segments) - 1:
            yield from islice(frames, HALF)


def taken(clip: Video | Reel, count: int, size: int) -> Iterator[Frame]:
    """`count` frames of a clip at the film's rate and size; the last one stays when the clip is too short."""
    frames = iter(clip.frames) if isinstance(clip, Video) else clip.frames()
    index, shown, frame = -1, -1, None
    picture: Frame | None = None
    for number in range(count):
        wanted = min(int(Fraction(number, FPS) * clip.fps), clip.length - 1)
        while index < wanted:
            frame = next(frames)
            index += 1
        if frame is None:
            raise InputError("clips", "hold a clip without frames", "make it again")
        if picture is None or shown != index:
            picture, shown = fitted(frame, size, size), index
        yield picture


def _title(first: Video | Reel, count: int, cards: dict[str, str], size: int) -> Iterator[Frame]:
    """The title over the first picture, out of focus."""
    ground = titles.softened(next(taken(first, 1, size)))
    white = titles.WHITE
    layer = titles.title_layer(
        cards["title"], cards.get("subtitle", ""), width=size, height=size, ink=white, accent=white, outline=True
    )
    if cards.get("note"):
        note = titles.note_layer(cards["note"], width=size, height=size, ink=white, outline=True)
        layer = titles.joined(layer, note)
    return titles.card(ground, layer, count + FADE)


def _end(last: Video | Reel, shown: int, count: int, cards: dict[str, str], size: int) -> Iterator[Frame]:
    """The end card over the last picture, out of focus."""
    ground = deque(taken(last, shown + FADE, size), maxlen=1).pop()
    return titles.end_card(cards["end"], width=size, height=size, count=count + FADE, background=ground)


def with_subtitles(frames: Iterable[Frame], cues: Sequence[Cue], size: int) -> Iterator[Frame]:
    """The frames with each cue drawn into them for as long as it lasts."""
    layers: dict[int, titles.Layer] = {}
    for index, frame in enumerate(frames):
        now = (index + 0.5) / FPS
        for number, cue in enumerate(cues):
            if cue.start <= now < cue.end:
                if number not in layers:
                    layers = {number: titles.subtitle_layer(cue.text, width=size, height=size, speaker=cue.speaker)}
                frame = layers[number].over(frame)
                break
        yield frame


def chapter_cues(cut: Cut, names: Sequence[str]) -> list[Cue]:
    """A chapter for every shot; the cards belong to the first and the last."""
    starts = [0, *cut.starts()[1:], cut.frames]
    return [Cue(starts[i] / FPS, starts[i + 1] / FPS, name) for i, name in enumerate(names)]
