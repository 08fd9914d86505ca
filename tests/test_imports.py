from __future__ import annotations

import ast
from pathlib import Path

import soundstage

PACKAGE = Path(soundstage.__file__).parent
FREE = {"errors", "__init__"}  # the package's own lazy names look downward only when they are asked for

# Who may import whom: each part, and what stands below it.
LAW = {
    "graph": set(),
    "ops": set(),
    "media": set(),
    "flow": {"ops"},
    "decode": {"ops"},
    "train": {"ops", "media"},
    "text": {"ops", "media"},
    "score": {"ops", "media", "text"},
    "nn": {"ops", "media"},
}
LAW["codec"] = LAW["nn"] | {"nn"}
LAW["render"] = LAW["nn"] | {"nn"}
LAW["models"] = LAW["nn"] | {"nn", "codec", "render", "flow", "decode"}
LAW["weights"] = LAW["models"] | {"models"}
LAW["runtime"] = LAW["weights"] | {"weights", "graph"}
LAW["data"] = {"ops", "media", "text", "score", "render"}
LAW["tasks"] = LAW["runtime"] | {"runtime", "text", "score", "data"}
LAW["film"] = LAW["tasks"] | {"tasks"}
LAW["evaluate"] = LAW["film"] | {"film"}
LAW["recipes"] = LAW["evaluate"] | {"evaluate", "train"}
LAW["cli"] = LAW["evaluate"] | {"evaluate"}
LAW["__main__"] = {"cli"}
# What of `weights` every family may use; the codec's keys stand in the checkpoints of those that speak through it.
SHARED = {
    "weights": {
        "audiocraft",
        "card",
        "clip",
        "convert",
        "encodec",
        "hub",
        "keys",
        "load",
        "lora",
        "parts",
        "published",
        "reference",
        "stored",
        "t5",
    }
}


def imports(path: Path) -> set[tuple[str, ...]]:
    """Every module of ours that a file imports, wherever in the file, as its parts below `soundstage`."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {tuple(name.split(".")[1:]) for name in found if name.split(".")[0] == "soundstage"}


def parts() -> list[tuple[str, Path]]:
    files = [path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py"]
    return [(path.relative_to(PACKAGE).parts[0].removesuffix(".py"), path) for path in files]


def test_everything_imports_only_what_stands_below_it() -> None:
    broken = [
        f"{path.relative_to(PACKAGE)} imports {'.'.join(name)}"
        for part, path in parts()
        if part not in FREE
        for name in imports(path)
        if name and name[0] != part and name[0] not in LAW[part] | FREE
    ]
    assert not broken, "\n".join(broken)


def test_families_never_import_each_other() -> None:
    broken = []
    for part, path in parts():
        if part not in ("models", "weights"):
            continue
        shared = {"__init__"} | SHARED.get(part, set())
        family = path.relative_to(PACKAGE / part).parts[0].removesuffix(".py")
        families = {child.stem for child in (PACKAGE / part).iterdir()} - shared
        for name in imports(path):
            if family in families and name[:1] == (part,) and len(name) > 1 and name[1] in families - {family}:
                broken.append(f"{path.relative_to(PACKAGE)} imports {'.'.join(name)}")
    assert not broken, "\n".join(broken)


def test_file_names_say_something() -> None:
    empty = {"util", "utils", "helper", "helpers", "common", "misc"}
    assert not [path for _, path in parts() if empty & set(path.relative_to(PACKAGE).with_suffix("").parts)]


def test_nothing_ours_is_pickled() -> None:
    modules = {"pickle", "cloudpickle", "dill", "joblib", "shelve"}
    for _, path in parts():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not modules & {name.split(".")[0] for name in names}, path
