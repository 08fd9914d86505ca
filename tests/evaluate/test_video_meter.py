"""What the video meter asks of a clip, and the sheet that it keeps."""

import numpy as np

from soundstage.evaluate.video import asked, sheet
from soundstage.render.scene import Actor, Camera, Scene

SCENE = Scene(
    place="beach",
    time="sunset",
    actors=(Actor(subject="dog", colour="red", action="run", direction="left"),),
    camera=Camera(move="pan left"),
)


def test_only_what_the_caption_says_is_judged():
    wanted = asked(SCENE, "a red dog runs on a beach")
    assert set(wanted) == {"place", "subject", "colour", "action"}
    wanted = asked(SCENE, "a red dog runs leftwards on a beach at dusk, pan left")
    assert (wanted["direction"], wanted["time"], wanted["camera"]) == ("left", "sunset", "pan left")
    assert "weather" not in wanted


def test_standing_still_is_asked_by_the_action():
    standing = Scene(place="beach", actors=(Actor(subject="dog", action="sit", direction="still"),))
    assert asked(standing, "a dog sits on a beach")["direction"] == "still"


def test_a_sheet_shows_five_frames_of_each_clip_in_order():
    clips = [
        np.full((9, 16, 16, 3), 10 * i, np.uint8) + np.arange(9, dtype=np.uint8)[:, None, None, None] for i in range(4)
    ]
    picture = sheet(clips)
    assert picture.shape == (2 * 8, 2 * 5 * 8 + 8, 3)
    assert [int(picture[0, 8 * i, 0]) for i in range(5)] == [0, 2, 4, 6, 8]
    assert int(picture[8, 0, 0]) == 20
