"""Makes the examples of docs/music.md: mono sounds as opus, and their spectrograms.

    python -m soundstage.recipes.examples        # writes docs/examples

Notable: seed 0 of everything, nothing picked. Our own synthesis plays all but one, so that they come out the same with
nothing installed.
"""

from __future__ import annotations

from pathlib import Path

from soundstage.media import Audio, Music
from soundstage.media.picture import spectrogram
from soundstage.score.formats.abc_reader import read
from soundstage.tasks.compose import compose
from soundstage.tasks.compose_edit import inpaint
from soundstage.tasks.compose_plan import Player
from soundstage.tasks.sing import sing
from soundstage.tasks.sing_edit import resing

FOLDER = Path("docs/examples")
TUNE = "X:1\nL:1/8\nM:4/4\nQ:1/4=104\nK:D\nd2f2 a2f2 | g2b2 a4 | f2a2 g2e2 | d2e2 d4 |\n"
LYRICS = """[verse]
The harbour lights are burning low
The ships are coming in
[chorus]
Oh carry me home
Over the silver sea
"""


def piano(player: Player) -> Music:
    """Twelve seconds whose tempo and chords are said."""
    return compose("calm lo-fi piano", seconds=12, bpm=80, chords="Am | F G | C | G", player=player)


def written(name: str, sound: Audio, folder: Path) -> None:
    """The sound and what it looks like."""
    sound.mono().save(folder / f"{name}.opus")
    spectrogram(sound, width=800, height=180, top_hz=8000).save(folder / f"{name}.jpg")
    print(name, f"{sound.seconds:.1f} s", flush=True)


def main(folder: Path = FOLDER) -> None:
    """All of them."""
    folder.mkdir(parents=True, exist_ok=True)
    plain = piano("synth")
    written("piano", plain.mix, folder)
    written("piano-neural", piano("starter").mix, folder)
    written("piano-one-chord", inpaint(plain, bars="2", chords="Dm", player="synth").mix, folder)
    written("tune", compose("jazz", melody=read(TUNE), seconds=12, player="synth").mix, folder)
    song = sing("a folk song", lyrics=LYRICS, player="synth")
    written("song", song.mix, folder)
    written("song-voice", song.stems["voice"], folder)
    written("song-other-line", resing(song, line="2", lyrics="The boats are sailing out").mix, folder)


if __name__ == "__main__":
    main()
