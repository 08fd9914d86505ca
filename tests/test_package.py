from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import soundstage as ss


def test_importing_the_package_is_light() -> None:
    code = "import sys, soundstage; assert not {'torch', 'numpy', 'pydantic', 'av'} & set(sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_stub_and_the_package_tell_the_same_names() -> None:
    stub = ast.parse(Path(ss.__file__).with_name("__init__.pyi").read_text("utf-8"))
    imported = {
        (alias.asname, node.module) for node in stub.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert {(name, module) for name, module in imported if name != "film"} == set(ss._PLACES.items())
    assert {name for name, _ in imported} | {"__version__"} == set(dir(ss))


def test_names_are_found_when_they_are_asked_for() -> None:
    from soundstage.media import Voice

    assert ss.Voice is Voice
    assert ss.__version__.count(".") == 2
    with pytest.raises(AttributeError, match="soundstage has no 'sing_opera'"):
        _ = ss.sing_opera


def test_decode_stays_a_task_when_its_package_is_imported() -> None:
    import soundstage.decode

    sound = ss.Audio(np.zeros((1, 2400), np.float32), 24_000)
    assert ss.decode is soundstage.decode
    assert ss.decode(ss.encode(sound, kbps=1.5)).length == 2400


def test_film_is_a_task_and_a_package() -> None:
    from soundstage.film.script import Script

    assert ss.film.script.Script is Script
    with pytest.raises(ss.InputError):
        ss.film("")
