"""The named voices of XTTS: `speakers_xtts.safetensors`, their `speakers_xtts.pth` converted.

Notable: its tensors are called `<name>.gpt_cond_latent` and `<name>.speaker_embedding`; names hold spaces, and may hold
points.
"""

from __future__ import annotations

from pathlib import Path

from soundstage.errors import InputError
from soundstage.models.xtts import Heard, XttsConfig
from soundstage.weights.load import read

SPEAKERS = "speakers_xtts.safetensors"
STYLE, SPEAKER = "gpt_cond_latent", "speaker_embedding"


def read_speakers(path: Path, config: XttsConfig) -> dict[str, Heard]:
    """The voices of a file in the order of their names. Raises InputError for a file that holds others' tensors."""
    found: dict[str, dict[str, object]] = {}
    tensors = read((path,))
    for key in sorted(tensors):
        name, _, part = key.rpartition(".")
        found.setdefault(name, {})[part] = None
    shapes = {STYLE: (1, config.latents, config.width), SPEAKER: (1, config.speaker.out, 1)}
    for name, parts in found.items():
        shaped = {part: tuple(tensors[f"{name}.{part}" if name else part].shape) for part in parts}
        if not name or shaped != shapes:
            raise InputError(
                "voice", f"{path.name}: {name or next(iter(parts))!r} is no voice of this model", "fetch it again"
            )
    return {
        name: Heard(tensors[f"{name}.{STYLE}"].float(), tensors[f"{name}.{SPEAKER}"].float().squeeze(-1))
        for name in found
    }
