"""Media values and their files: sound, speech, music, pictures and moving pictures, and where they come from.

Notable: numpy only; PyAV, Pillow and scipy are imported by the functions that need them.
"""

from soundstage.media.audio import Audio
from soundstage.media.image import Image
from soundstage.media.music import Beat, Music
from soundstage.media.probe import Facts, probe
from soundstage.media.provenance import Provenance, read_provenance
from soundstage.media.score import Chord, Metre, Note, Score, Section, Tempo, Track
from soundstage.media.speech import Mark, Phoneme, Speech, Turn, Word
from soundstage.media.subtitles import Cue, read_subtitles, write_subtitles
from soundstage.media.value import Value
from soundstage.media.video import Video, frame_rate
from soundstage.media.video_files import frames
from soundstage.media.video_writer import VideoWriter
from soundstage.media.voice import Voice

__all__ = [
    "Audio",
    "Beat",
    "Chord",
    "Cue",
    "Facts",
    "Image",
    "Mark",
    "Metre",
    "Music",
    "Note",
    "Phoneme",
    "Provenance",
    "Score",
    "Section",
    "Speech",
    "Tempo",
    "Track",
    "Turn",
    "Value",
    "Video",
    "VideoWriter",
    "Voice",
    "Word",
    "frame_rate",
    "frames",
    "probe",
    "read_provenance",
    "read_subtitles",
    "write_subtitles",
]
