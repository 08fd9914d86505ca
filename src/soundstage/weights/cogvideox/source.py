"""The public checkpoints of CogVideoX by their names on the hub, with their sizes and their licences.

Notable: 2b is Apache-2.0; the others' licence is free for research and asks who earns with them to register, so they
are not for commercial use here. The text encoder, T5 1.1 XXL, and the autoencoder are of one shape in all five.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType
from typing import Any

from soundstage.models.cogvideox import (
    CogVideoXConfig,
    cogvideox1_5_5b,
    cogvideox1_5_5b_i2v,
    cogvideox_2b,
    cogvideox_5b,
    cogvideox_5b_i2v,
)
from soundstage.nn.t5 import t5_xxl
from soundstage.weights.card import Card
from soundstage.weights.load import Source
from soundstage.weights.parts import INDEX

TEXT_ENCODER, VAE = 4_762_310_656, 215_583_907  # parameters
APACHE, OWN = "Apache-2.0", "CogVideoX License"
TERMS = "Free for research; commercial use asks for a registration (https://open.bigmodel.cn/mla/form). "
SIZES = "Sizes are those of float32; the memory is that of the largest part, half of it in bfloat16."


@dataclass(frozen=True, kw_only=True)
class Published:
    """A checkpoint: its shapes, the parameters of its transformer, and the width and height of its usual clip."""

    preset: Callable[[], CogVideoXConfig]
    transformer: int
    size: tuple[int, int] = (720, 480)
    licence: str = OWN

    def config(self) -> dict[str, Any]:
        """The card's config, as the repository's own files have it.

        All of them name DDIM, though DPM is advised for all but 2b; 1.5's say how a picture is scaled, and that the
        patch has no bias, which it has.
        """
        whole = self.preset()
        late = whole.transformer.patch_time is not None
        return {
            "text_encoder": asdict(t5_xxl()),
            "transformer": asdict(replace(whole.transformer, patch_bias=not late)),
            "vae": asdict(replace(whole.vae, divides=late)),
            "pipeline": {
                "class": "CogVideoXImageToVideoPipeline" if whole.sees_picture else "CogVideoXPipeline",
                "sampler": asdict(replace(whole.sampler, solver="ddim")),
            },
        }

    def source(self, name: str) -> Source:
        """What the hub lists under a name."""
        whole = self.transformer + TEXT_ENCODER + VAE
        size_mb, memory_mb = (round(4 * count / 2**20) for count in (whole, 1.1 * max(self.transformer, TEXT_ENCODER)))
        free = self.licence == APACHE
        card = Card(
            ref=name, family="cogvideox", task="shoot", licence=self.licence, commercial=free, data="not told",
            size_mb=size_mb, memory_mb=memory_mb, parameters=whole, notes=("" if free else TERMS) + SIZES,
        )  # fmt: skip
        return Source(files=(INDEX,), config=self.config, card=card)


_WIDE = (1360, 768)
PUBLISHED: Mapping[str, Published] = MappingProxyType(
    {
        "zai-org/CogVideoX-2b": Published(preset=cogvideox_2b, transformer=1_693_783_872, licence=APACHE),
        "zai-org/CogVideoX-5b": Published(preset=cogvideox_5b, transformer=5_570_283_072),
        "zai-org/CogVideoX-5b-I2V": Published(preset=cogvideox_5b_i2v, transformer=5_625_087_552),
        "zai-org/CogVideoX1.5-5B": Published(preset=cogvideox1_5_5b, transformer=5_570_676_352, size=_WIDE),
        "zai-org/CogVideoX1.5-5B-I2V": Published(preset=cogvideox1_5_5b_i2v, transformer=5_571_594_880, size=_WIDE),
    }
)
"""By repository; the organisation was called THUDM before."""
SOURCE = {name: published.source(name) for name, published in PUBLISHED.items()}
