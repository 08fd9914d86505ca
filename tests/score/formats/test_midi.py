from __future__ import annotations

import io
import struct
from dataclasses import replace

import pytest

from soundstage.errors import InputError
from soundstage.media.score import Note, Score, Tempo, Track
from soundstage.score.formats import midi

SCORE = Score(
    92.0,
    (3, 4),
    "D minor",
    4,
    (),
    (),
    (
        Track("violin", (Note(74, 0.0, 1.5, 90), Note(76, 1.5, 1.5, 80))),
        Track("drums", (Note(36, 0.0, 0.25, 100), Note(42, 1.0, 0.25, 70))),
    ),
)
END = b"\x00\xff\x2f\x00"
NOTE = b"\x00\x90\x3c\x50\x60\x3c\x00"  # middle C for 96 ticks, by running status


def file(*tracks: bytes, form: int = 1, count: int | None = None, division: int = 96) -> bytes:
    chunks = b"".join(b"MTrk" + struct.pack(">I", len(track)) + track for track in tracks)
    return b"MThd" + struct.pack(">IHHH", 6, form, len(tracks) if count is None else count, division) + chunks


def pitches(data: bytes) -> list[tuple[int, float, float]]:
    return [(n.pitch, n.start, n.length) for track in midi.from_bytes(data).tracks for n in track.notes]


@pytest.mark.parametrize("seed", [*range(12), 25, 59, 81])
def test_any_score_comes_back_to_a_tick(seed, scores, same):
    score = scores(seed)
    same(midi.from_bytes(midi.to_bytes(score)), score)


def test_a_written_file_reads_back_the_same(tmp_path):
    path = midi.save(SCORE, tmp_path / "a.mid")
    read = midi.load(path)
    assert read.tracks == SCORE.tracks
    assert (read.metre, read.key, read.bpm, read.bars) == (SCORE.metre, SCORE.key, SCORE.bpm, SCORE.bars)


GOLDEN = """
4d546864 00000006 0001 0002 01e0
4d54726b 0000003a
    00ff0106 626172732034  00ff010b 6b65792044206d696e6f72
    00ff5103 09f38e  00ff5804 03021808  00ff5902 ff01  8b20ff5103 0f4240  00ff2f00
4d54726b 0000001f
    00ff0305 766f696365  00c035  00ff0502 6c61  00903c50  8360803c00  00ff2f00
"""


def test_the_bytes_depend_on_the_score_alone():
    sung = replace(SCORE, tempi=(Tempo(3, 60.0),), tracks=(Track("voice", (Note(60, 0, 1, 80, "la"),)),))
    assert midi.to_bytes(sung) == bytes.fromhex(GOLDEN)


def test_a_tied_repetition_ends_before_it_starts_again():
    score = Score(
        120.0, (4, 4), "C major", 1, (), (), (Track("piano", (Note(60, 0.0, 1.0, 80), Note(60, 1.0, 1.0, 80))),)
    )
    assert midi.from_bytes(midi.to_bytes(score)).tracks == score.tracks


def test_an_eighth_is_the_beat_of_six_eight():
    score = Score(180, (6, 8), "C major", 1, (), (), (Track("piano", (Note(60, 0, 6, 80),)),))
    mido = pytest.importorskip("mido")
    read = mido.MidiFile(file=io.BytesIO(midi.to_bytes(score)))
    assert read.length == pytest.approx(score.seconds, abs=1e-4)
    assert [m.time for m in read.tracks[1] if m.type == "note_off"] == [3 * read.ticks_per_beat]


def test_another_library_reads_what_is_written(scores):
    mido = pytest.importorskip("mido")
    score = scores(3)
    read = mido.MidiFile(file=io.BytesIO(midi.to_bytes(score)), charset="utf-8")
    assert [t.name for t in read.tracks[1:]] == [t.instrument for t in score.tracks]
    for track, other in zip(read.tracks[1:], score.tracks, strict=True):
        assert sum(m.type == "note_on" for m in track) == len(other.notes)
        assert [m.text for m in track if m.type == "lyrics"] == [n.syllable for n in other.notes if n.syllable]
    tempi = [m.tempo for m in read.tracks[0] if m.type == "set_tempo"]
    assert tempi[0] == round(60e6 / (score.bpm * 4 / score.metre[1]))


def test_what_another_library_writes_is_read():
    mido = pytest.importorskip("mido")
    theirs = mido.MidiFile(type=0, ticks_per_beat=240)
    track = mido.MidiTrack()
    theirs.tracks.append(track)
    track += [
        mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(100), time=0),
        mido.MetaMessage("key_signature", key="Gm", time=0),
        mido.Message("program_change", channel=2, program=41, time=0),
        mido.Message("note_on", channel=2, note=67, velocity=90, time=120),
        mido.Message("note_on", channel=9, note=38, velocity=70, time=0),
        mido.Message("note_off", channel=2, note=67, time=240),
        mido.Message("note_off", channel=9, note=38, time=0),
        mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(50), time=600),
    ]
    out = io.BytesIO()
    theirs.save(file=out)
    read = midi.from_bytes(out.getvalue())
    assert read.tracks == (Track("violin", (Note(67, 0.5, 1.0, 90),)), Track("drums", (Note(38, 0.5, 1.0, 70),)))
    assert (read.bpm, read.key, read.tempi) == (100, "G minor", (Tempo(4.0, 50),))


def test_a_pedal_lets_notes_ring_until_it_rises_or_they_are_struck_again():
    body = b"\x00\xb0\x40\x7f\x00\x90\x3c\x50\x30\x80\x3c\x00\x30\x90\x3c\x50\x30\x80\x3c\x00\x60\xb0\x40\x00" + END
    assert pitches(file(body)) == [(60, 0, 1), (60, 1, 1.5)]


def test_a_change_of_program_begins_another_part():
    body = b"\x00\xc0\x28" + NOTE + b"\x00\xc0\x49\x00\x90\x48\x50\x60\x48\x00" + END
    assert [track.instrument for track in midi.from_bytes(file(body)).tracks] == ["violin", "flute"]


def test_tracks_without_names_and_programs_are_pianos_and_channel_ten_is_drums():
    drum = b"\x00\x99\x26\x50\x60\x26\x00" + END
    assert [track.instrument for track in midi.from_bytes(file(NOTE + END, drum)).tracks] == ["piano", "drums"]


def test_pitches_beyond_our_instruments_are_kept_as_written():
    assert pitches(file(b"\x00\x90\x02\x50\x60\x02\x00" + END)) == [(2, 0, 1)]


@pytest.mark.parametrize(
    ("name", "data"),
    {
        "foreign chunk": file(NOTE + END)[:14] + b"XFIH\0\0\0\x02ab" + file(NOTE + END)[14:],
        "long header": b"MThd" + struct.pack(">IHHH", 8, 1, 1, 96) + b"ab" + file(NOTE + END)[14:],
        "riff": b"RIFF\0\0\0\0RMIDdata\0\0\0\0" + file(NOTE + END),
        "fewer tracks than said": file(NOTE + END, count=3),
        "no end of track": file(NOTE),
        "key signature of nine sharps": file(b"\x00\xff\x59\x02\x09\x00" + NOTE + END),
        "short metre": file(b"\x00\xff\x58\x01\x04" + NOTE + END),
        "metre of no beats": file(b"\x00\xff\x58\x04\x00\x02\x18\x08" + NOTE + END),
        "short tempo": file(b"\x00\xff\x51\x02\x04\x02" + NOTE + END),
        "tempo of nothing": file(b"\x00\xff\x51\x03\x00\x00\x00" + NOTE + END),
        "running status across a meta event": file(b"\x00\x90\x3c\x50\x00\xff\x01\x01a\x60\x3c\x00" + END),
        "system messages": file(b"\x00\xf8\x00\xf3\x01\x00\xf0\x02\x7e\xf7" + NOTE + END),
        "trailing bytes": file(NOTE + END) + b"\0" * 9,
        "name in Latin-1": file(b"\x00\xff\x03\x03\xe9t\xe9" + NOTE + END),
        "note that never ends": file(b"\x00\x90\x3c\x50\x60\xff\x2f\x00"),
        "frames a second": file(NOTE.replace(b"\x60", b"\x83\x74") + END, division=0xE728),
    }.items(),
)
def test_files_that_are_only_odd_are_read(name, data):
    assert pitches(data) == [(60, 0, pytest.approx(1, abs=0.01))], name


def test_lyrics_of_a_track_of_their_own_go_to_the_part_that_sings_them():
    words = b"\x00\xff\x05\x04hel-\x60\xff\x05\x02lo" + END
    melody = NOTE + b"\x00\x90\x3e\x50\x60\x3e\x00" + END
    chords = NOTE + b"\x00\x90\x30\x50\x60\x30\x00\x00\x90\x32\x50\x60\x32\x00" + END
    read = midi.from_bytes(file(words, chords, melody))
    assert [[n.syllable for n in track.notes] for track in read.tracks] == [["", "", ""], ["hel-", "lo"]]
    assert read.tracks[1].instrument == "voice"


def test_karaoke_spaces_become_hyphens():
    words = b"\x00\xff\x01\x03@T!\x00\xff\x01\x04/Hel\x60\xff\x01\x03lo \x60\xff\x01\x03you" + END
    melody = b"".join(b"\x00\x90" + bytes([p]) + b"\x50\x60" + bytes([p]) + b"\x00" for p in (60, 62, 64)) + END
    (track,) = midi.from_bytes(file(words, melody)).tracks
    assert [n.syllable for n in track.notes] == ["Hel-", "lo", "you"]


def test_a_change_of_metre_inside_a_bar_makes_that_bar_short():
    change = b"\x00\xff\x58\x04\x04\x02\x18\x08\x81\x40\xff\x58\x04\x03\x02\x18\x08" + END
    read = midi.from_bytes(file(change, b"\x83\x60" + NOTE[1:] + END))
    assert [(m.bar, m.beats, m.unit) for m in read.metres] == [(1, 3, 4)]
    assert read.metre == (2, 4)
    assert read.bar_at(read.tracks[0].notes[0].start) == 2


def test_more_parts_than_channels_share_those_of_their_program_else_are_refused():
    violins = tuple(Track("violin", (Note(60 + i, 0, 1, 80),)) for i in range(18))
    assert len(midi.from_bytes(midi.to_bytes(replace(SCORE, tracks=violins))).tracks) == 18
    flute = Track("flute", (Note(80, 0, 1, 80),))
    with pytest.raises(InputError, match="channels"):
        midi.to_bytes(replace(SCORE, tracks=(*violins, flute)))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"RIFFxxxx",
        b"MThd",
        b"MThd\0\0\0\x02\0\x01",
        midi.to_bytes(SCORE)[:40],
        midi.to_bytes(SCORE)[:-3],
        file(),
        file(NOTE + END, form=2),
        file(NOTE + END, division=0),
        file(b"\x00\x3c\x50" + END),
        file(b"\x00\x90\x3c"),
        file(b"\xff\xff\xff\xff\xff\x7f" + END),
        file(b"\x00\xff\x03\x7fname" + END),
        file(NOTE + END)[:18] + b"\xff\xff\xff\xff" + NOTE,
    ],
)
def test_what_is_broken_is_refused_in_one_line(data):
    with pytest.raises(InputError, match="midi") as caught:
        midi.from_bytes(data)
    assert "\n" not in str(caught.value)


def test_a_tempo_that_midi_cannot_hold_is_refused():
    with pytest.raises(InputError, match="bpm"):
        midi.to_bytes(replace(SCORE, bpm=2.0))
