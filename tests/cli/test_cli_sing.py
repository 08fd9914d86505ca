import inspect

from soundstage.cli.commands import EXAMPLES, command
from soundstage.tasks import find


def test_only_music_that_is_sung_has_subtitles():
    has = {name: "subtitles" in inspect.signature(command(find(name))).parameters
           for name in ("sing", "resing", "compose", "inpaint")}  # fmt: skip
    assert has == {"sing": True, "resing": True, "compose": False, "inpaint": False}


def test_examples_name_options_that_there_are():
    for name in ("sing", "resing"):
        known = {"--" + port.replace("_", "-") for port in find(name).ports} | {"-o", "--subtitles"}
        asked = {word for line in EXAMPLES[name] for word in line.split() if word.startswith("-")}
        assert asked <= known
