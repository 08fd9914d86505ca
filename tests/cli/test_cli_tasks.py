from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from soundstage.media import Audio, read_provenance

Run = Callable[..., tuple[int, str, str]]


def test_the_overview_lists_every_command_and_imports_no_torch() -> None:
    code = (
        "import sys, soundstage.cli as cli\n"
        "assert cli.run(['--help']) == 0\n"
        "assert not {'torch', 'numpy', 'soundstage.media', 'soundstage.models'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for name in ("speak", "compose", "shoot", "paint", "film", "run", "models", "info", "evaluate", "doctor", "graph"):
        assert f" {name} " in done.stdout


def test_a_commands_help_teaches_ports_and_shows_no_python(toys: ModuleType, soundstage: Run) -> None:
    code, out, _ = soundstage("shout", "--help")
    assert code == 0
    for text in (
        "Shouts a text as a tone.",
        "Longer texts take longer.",
        "What to shout [loudly].",
        "NAME|FILE",
        "How fast. From 0.5 to 2.",
        "[default: starter/none]",
        "How it feels. One of: calm, wild.",
        "--metre",
        "A/B",
        "FILE.json",
        "--draft",
        "--seed",
        ".wav, .flac, .mp3",
    ):
        assert text in out
    assert "INSTRUMENTS..." in out
    assert "Raises" not in out and "--no-draft" not in out


def test_a_task_runs_and_its_file_says_how_it_was_made(toys: ModuleType, soundstage: Run) -> None:
    code, out, err = soundstage("shout", "hello", "--speed", "1.5", "--seed", "7", "-o", "a.wav")
    assert (code, err) == (0, "")
    assert "output  a.wav" in out.replace("   ", "  ") and "length" in out
    assert Audio.load("a.wav").length == 4000
    made = read_provenance("a.wav")
    assert made is not None and made.graph is not None
    assert (made.task, made.model, made.seed, made.prompt) == ("shout", "starter/none", 7, "hello")
    assert made.graph["nodes"]["shout"]["inputs"] == {"text": "hello", "speed": 1.5, "seed": 7}


def test_json_is_one_object_and_nothing_else(toys: ModuleType, soundstage: Run) -> None:
    code, out, err = soundstage("shout", "hello", "--json")
    assert (code, err) == (0, "")
    facts = json.loads(out)
    assert facts["task"] == "shout" and facts["output"] == "shout.wav" and Path("shout.wav").is_file()


def test_every_sort_of_port_arrives(toys: ModuleType, soundstage: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("plan.json").write_text('{"loud": 3, "words": ["a"]}')
    Path("stage.json").write_text('{"width": 4, "lights": ["red"]}')
    monkeypatch.setattr(sys, "stdin", io.StringIO("from a pipe\n"))
    code, _, err = soundstage(
        *("shout", "-", "--voice", "ada", "--metre", "3/4", "--instruments", "piano, bass", "--instruments", "flute"),
        *("--plan", "plan.json", "--stage", "stage.json", "--draft"),
    )
    assert (code, err) == (0, "")
    seen = toys.SEEN[0]
    assert seen["text"] == "from a pipe" and seen["voice"].name == "ada" and seen["metre"] == (3, 4)
    assert (seen["stage"].width, seen["stage"].lights) == (4, ("red",))
    assert seen["instruments"] == ["piano", "bass", "flute"] and seen["plan"].loud == 3 and seen["draft"] is True


def test_a_file_is_a_voice_to_clone_and_needs_its_speakers_word(toys: ModuleType, soundstage: Run) -> None:
    soundstage("shout", "a long enough reference", "-o", "me.wav")
    code, _, err = soundstage("shout", "hello", "--voice", "me.wav")
    assert code == 2
    assert "voice.consent: cloning the voice of me.wav needs its speaker's word" in err
    assert "soundstage voice clone me.wav --name me --consent" in err and len(toys.SEEN) == 1


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["shout", "a", "--fails", "input"], 2, "text: is rude; be kind"),
        (["shout", "a", "--fails", "missing"], 3, "no megaphone; buy one"),
        (["shout", "a", "--fails", "run"], 1, "hoarse; drink tea"),
        (["shout", "a", "--fails", "stop"], 130, "cancelled"),
        (["shout", "a", "--fails", "bug"], 1, "unexpected ZeroDivisionError: division by; SOUNDSTAGE_DEBUG=1"),
        (["shout", "a", "--speed", "9"], 2, "speed: is 9.0; give number from 0.5 to 2"),
        (["shout", "a", "--speed", "fast"], 2, "--speed"),
        (["shout", "a", "--mood", "sad"], 2, "mood: 'sad' is not one of calm, wild"),
        (["shout", "a", "--seed", "-1"], 2, "seed: is -1"),
        (["shout", "a", "--plan", "none.json"], 2, "plan: 'none.json' is not a file"),
        (["shout", "a", "--stage", "none.json"], 2, "stage: 'none.json' is not a file"),
        (["shout", "a", "--voice", "none.wav"], 3, "none.wav is not there; check the name"),
        (["shout", "a", "--voice", __file__], 2, "voice.path: "),
        (["shout", "a", "-o", "a.xyz"], 2, "output: 'a.xyz' has no suffix that can be written; use .wav"),
        (["shout", "a", "-o", "nowhere/a.wav"], 2, "does not exist; make it"),
        (["shout", "a", "-o", "."], 2, "no suffix"),
        (["shout", "a", "--device", "tpu"], 2, "device: 'tpu' is not a device"),
        (["shout", "a", "--licence", "none"], 2, "licence: 'none' is not a policy"),
        (["shout"], 2, "Missing argument"),
        (["shout", "a", "--loud"], 2, "--model, --mood). Try 'soundstage shout --help'."),
        (["words", "a b", "-o", "w.wav"], 2, "a list cannot be saved"),
        (["frobnicate"], 2, "No such command 'frobnicate'"),
    ],
)
def test_every_error_is_one_line_and_an_exit_code(
    toys: ModuleType, soundstage: Run, arguments: list[str], code: int, message: str
) -> None:
    given, out, err = soundstage(*arguments)
    assert given == code and out == ""
    assert err.startswith("soundstage: ") and err.count("\n") == 1 and message in err
    assert not list(Path().iterdir())


@pytest.mark.parametrize("arguments", [(), ("graph",), ("cache",)])
def test_without_a_command_the_help_is_all_that_is_shown(soundstage: Run, arguments: tuple[str, ...]) -> None:
    code, out, err = soundstage(*arguments)
    assert code == 2 and "Usage: soundstage" in out and err == ""


@pytest.mark.parametrize("arguments", [["--help"], ["models"], ["models", "--json"]])
def test_a_reader_may_leave(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "soundstage", *arguments]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert running.stdout is not None and running.stderr is not None
    running.stdout.close()
    assert (running.stderr.read(), running.wait()) == ("", 0)
    running.stderr.close()


def test_errors_are_json_for_machines(toys: ModuleType, soundstage: Run) -> None:
    code, out, err = soundstage("shout", "a", "--fails", "input", "--json")
    assert (code, out) == (2, "")
    assert json.loads(err) == {"error": {"message": "text: is rude; be kind", "code": 2}}


def test_debugging_shows_the_traceback(toys: ModuleType, soundstage: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOUNDSTAGE_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        soundstage("shout", "a", "--fails", "bug")


def test_progress_is_shown_on_a_terminal_only(
    toys: ModuleType, soundstage: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert soundstage("shout", "hello")[2] == ""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for quiet, shown in (([], True), (["-q"], False)):
        terminal = Terminal()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stderr", terminal)
            assert soundstage("shout", "hello", *quiet)[0] == 0
        assert ("shouting" in terminal.getvalue()) == shown


def test_a_shell_completes_commands() -> None:
    environment = os.environ | {
        "_SOUNDSTAGE_COMPLETE": "complete_bash",
        "COMP_WORDS": "soundstage sp",
        "COMP_CWORD": "1",
    }
    command = [sys.executable, "-m", "soundstage"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["speak"]


@pytest.mark.parametrize(
    ("name", "suffix", "default"),
    [
        ("speak", ".mp3", "speak.wav"),
        ("compose", ".flac", "compose.wav"),
        ("shoot", ".gif", "shoot.mp4"),
        ("paint", ".jpg", "paint.png"),
        ("film", ".mp4", "film.mp4"),
    ],
)
def test_every_verb_knows_what_it_can_write(name: str, suffix: str, default: str) -> None:
    from soundstage.cli.outputs import default_output, suffixes
    from soundstage.tasks import find

    assert suffix in suffixes(find(name)) and ".xyz" not in suffixes(find(name))
    assert default_output(find(name)) == default
