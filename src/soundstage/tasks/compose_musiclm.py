"""MusicLM as an engine of music: words, or music to be like, to sound; and stories, which change what is asked for.

```python
from soundstage.tasks.compose_musiclm import story

music = story([(0, "calm piano"), (15, "tense strings"), (30, "heroic orchestra")], model="./folder", seconds=45)
```

Notable: sound and words are asked for alike, for both become tokens of one embedding. A scene begins at its own token,
1/25 of a second, with what was played before it still in the model's memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundstage import runtime
from soundstage.decode import Sampler
from soundstage.errors import InputError
from soundstage.media import Audio, Music
from soundstage.models.musiclm import Choices, MusicLM, Scene
from soundstage.models.musiclm import generate as write
from soundstage.ops.levels import levelled
from soundstage.tasks.compose_plan import Wishes, only_sound
from soundstage.text.ngrams import PIECES, ngrams
from soundstage.weights import Loaded

Samples = NDArray[np.float32]
LONGEST = 600.0  # seconds
Asked = str | Audio


@dataclass(frozen=True, kw_only=True)
class MusicLMSettings:
    """How the stages choose; the temperatures are the authors'. `guidance` above 1 follows what is asked for more.

    Raises InputError for a guidance below 1, and as `decode.Sampler` does.
    """

    temperature: float = 1.0
    coarse_temperature: float = 0.95
    fine_temperature: float = 0.4
    top_k: int = 0
    guidance: float = 2.5

    def __post_init__(self) -> None:
        if not self.guidance >= 1:
            raise InputError("guidance", f"is {self.guidance:g}", "1 is none, 2 is much")
        self.choices(torch.Generator())

    def choices(self, generator: torch.Generator) -> Choices:
        """One for each stage."""
        heats = (self.temperature, self.coarse_temperature, self.fine_temperature)
        return Choices(*(Sampler(generator=generator, temperature=heat, top_k=self.top_k) for heat in heats))


class MusicLMEngine:
    """Family `musiclm`."""

    dtypes = ("float32",)

    def __init__(self, loaded: Loaded) -> None:
        self.model = cast(MusicLM, loaded.module)
        self.config = self.model.config
        self.rate, self.device = self.config.rate, self.model.spectrum.centre.device

    def ask(self, asked: Asked) -> Tensor:
        """MuLan's tokens [1, Q] of words, or of music to be like. Raises InputError for an empty recording."""
        if isinstance(asked, str):
            return self.model.ask_words(spelled([asked], self.config.mulan.buckets).to(self.device))
        if asked.length < asked.rate // 4:
            raise InputError("reference", f"of {asked.seconds:g} seconds", "give a quarter of a second or more")
        return self.model.ask_sound(self._wave(asked))

    def hear(self, sounds: Sequence[Audio]) -> Tensor:
        """MuLan's embeddings [B, E] of sounds, of their first seconds."""
        size = self.config.tokens(self.config.mulan.seconds) * self.config.token
        with torch.inference_mode():
            return torch.cat([self.model.mulan.audio(self.model.spectrum(self._wave(s)[:, :size])) for s in sounds])

    def read(self, texts: Sequence[str]) -> Tensor:
        """MuLan's embeddings [B, E] of texts."""
        with torch.inference_mode():
            return self.model.mulan.text(spelled(texts, self.config.mulan.buckets).to(self.device))  # type: ignore[no-any-return]

    def coded(self, sound: Audio) -> Audio:
        """A sound as its own acoustic codes say it: how good music of this model can sound at best."""
        with torch.inference_mode():
            codes = self.model.acoustic.encode(self.model.spectrum.mel(self._wave(sound)))
            return Audio(self.model.acoustic.decode(codes).float().cpu().numpy(), self.rate)

    def generate(
        self,
        story: Sequence[tuple[float, Asked]],
        seconds: float,
        *,
        settings: MusicLMSettings | None = None,
        generator: torch.Generator,
    ) -> Samples:
        """Music [1, time] of exactly `seconds`, asked for as told from each time of the story on.

        Raises InputError for a length that is none, and for a story that does not begin at 0, goes back, or goes on
        behind the end.
        """
        settings = settings or MusicLMSettings()
        if not 1 / self.config.tokens_per_second <= seconds <= LONGEST:
            raise InputError("seconds", f"is {seconds:g}", f"give up to {LONGEST:g} seconds")
        samples = round(seconds * self.rate)
        frames = -(-samples // self.config.token)
        places = [round(at * self.config.tokens_per_second) for at, _ in story]
        if not places or places[0] != 0 or places != sorted(set(places)) or places[-1] >= frames:
            times = ", ".join(f"{at:g}" for at, _ in story)
            raise InputError(
                "story", f"has scenes at {times or 'no'} s of {seconds:g}", "begin at 0 and go on in order"
            )
        scenes = [Scene(place, self.ask(asked)) for place, (_, asked) in zip(places, story, strict=True)]
        meter = runtime.Meter("composing", total=3 * frames)
        before = {"semantic": 0, "coarse": frames, "fine": 2 * frames}
        written = write(
            self.model, scenes, frames, settings.choices(generator), guidance=settings.guidance,
            on_stage=lambda stage, done, _: meter.advance(before[stage] + done - meter.done),
        )  # fmt: skip
        meter.finish()
        with torch.inference_mode():
            sound = self.model.acoustic.decode(written.codes_BKT)
        return sound.float().cpu().numpy()[:, :samples]

    def _wave(self, sound: Audio) -> Tensor:
        return torch.from_numpy(np.array(sound.mono().resampled(self.rate).samples)).to(self.device)


def spelled(texts: Sequence[str], buckets: int) -> Tensor:
    """Pieces of words [B, W, P] of texts, as MuLan's text tower reads them."""
    rows = [ngrams(text, buckets) for text in texts]
    out = torch.zeros(len(rows), max(len(row) for row in rows), PIECES, dtype=torch.long)
    for index, row in enumerate(rows):
        out[index, : len(row)] = torch.from_numpy(row)
    return out


def story(
    scenes: Sequence[tuple[float, Asked]],
    *,
    model: str,
    seconds: float,
    settings: MusicLMSettings | None = None,
    seed: int = 0,
) -> Music:
    """Music that changes what it is: (second, words or music to be like) for each scene; the first begins at 0.

    At -14 LUFS, a mix alone. Raises InputError as `MusicLMEngine.generate` does, MissingError for a model that is not
    there.
    """
    with runtime.use(model, {"musiclm": MusicLMEngine}) as engine:
        sound = engine.generate(
            scenes, seconds, settings=settings,
            generator=runtime.generator(runtime.derive(seed, "sound"), engine.device),
        )  # fmt: skip
        return Music(Audio(levelled(sound, engine.rate), engine.rate))


def generated(prompt: str, wishes: Wishes, player: str, model: str, seed: int, reference: Audio | None = None) -> Music:
    """The task `compose` by a MusicLM: a mix alone, of the words or like the `reference`.

    Raises InputError for both at once, and for fields that only a written score can keep.
    """
    only_sound(wishes, player, model)
    if reference is not None and prompt.strip():
        raise InputError("reference", f"is given beside words, and {model} follows one thing", "leave out one of them")
    return story([(0.0, prompt if reference is None else reference)], model=model, seconds=wishes.seconds, seed=seed)
