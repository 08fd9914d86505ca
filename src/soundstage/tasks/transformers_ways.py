"""How each kind of speaking model in the library transformers is asked: its prompt, its voices, where its sound is.

Notable: a table, for the kinds differ in little else. A kind that is not in it is asked the library's most usual way,
so that tomorrow's models may work; those that answer a text instead of reading it are refused.

B = 1 · T samples
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from soundstage.errors import InputError, RunError

Inputs = Mapping[str, Any]


@dataclass(frozen=True)
class Foreign:
    """A model of the library, what makes its inputs, and the checkpoint's folder."""

    model: Any
    processor: Any
    folder: Path
    vocoder: Any = None

    @property
    def config(self) -> Any:
        """The model's own."""
        return self.model.config


@dataclass(frozen=True)
class Line:
    """What is to be said, and by whom: a name, or `reference` [T] at the model's rate with the words `spoken` in it."""

    text: str
    name: str | None = None
    reference: NDArray[np.float32] | None = None
    spoken: str = ""


@dataclass(frozen=True, kw_only=True)
class Way:
    """One kind of model. `clones` tells what it must have of a recording; `names` are the voices that it knows.

    `frames` a second bound what is made where the library would not; `rate` stands where a checkpoint tells none.
    """

    prompt: Callable[[Foreign, Line], Inputs]
    sound: Callable[[Foreign, Any, Inputs], Any] = lambda foreign, made, inputs: made
    clones: Literal["", "sound", "words"] = ""
    names: Callable[[Foreign], Sequence[str]] = lambda foreign: ()
    must_name: bool = False
    frames: float = 0.0
    rate: int = 0
    vocoder: str = ""
    options: Inputs = field(default_factory=dict)


def _plain(foreign: Foreign, line: Line) -> Inputs:
    return dict(foreign.processor(text=line.text, return_tensors="pt"))


def _numbered(
    count: str, argument: str
) -> tuple[Callable[[Foreign, Line], Inputs], Callable[[Foreign], Sequence[str]]]:
    """Speakers by number: how many stands in the config as `count`, which one is said as `argument`."""

    def names(foreign: Foreign) -> Sequence[str]:
        many = getattr(foreign.config, count, None) or getattr(getattr(foreign.config, "model_config", None), count, 0)
        return [str(number) for number in range(many or 0)] if (many or 0) > 1 else []

    def prompt(foreign: Foreign, line: Line) -> Inputs:
        return {**_plain(foreign, line), **({} if line.name is None else {argument: int(line.name)})}

    return prompt, names


def _bark(foreign: Foreign, line: Line) -> Inputs:
    return dict(foreign.processor(line.text, voice_preset=line.name))


def _bark_names(foreign: Foreign) -> Sequence[str]:
    return [str(name) for name in foreign.processor.available_voice_presets]


def _text(words: str) -> dict[str, str]:
    return {"type": "text", "text": words}


def _chat(foreign: Foreign, turns: list[dict[str, Any]], *, answer: bool = False) -> Inputs:
    """The inputs of a conversation, by the checkpoint's own template."""
    if not getattr(foreign.processor, "chat_template", None):
        raise InputError("model", "has no chat_template.jinja, without which it cannot be asked", "place that file too")
    return dict(
        foreign.processor.apply_chat_template(
            turns, tokenize=True, return_dict=True, return_tensors="pt", add_generation_prompt=answer
        )
    )


def _csm(foreign: Foreign, line: Line) -> Inputs:
    role = line.name or "0"
    turns = [{"role": role, "content": [_text(line.text)]}]
    if line.reference is not None:
        heard = {"type": "audio", "audio": line.reference}
        turns.insert(0, {"role": role, "content": [_text(line.spoken), heard]})
    return _chat(foreign, turns)


def _dia(foreign: Foreign, line: Line) -> Inputs:
    if line.reference is None:
        return dict(foreign.processor(text=[f"[S1] {line.text}"], return_tensors="pt"))
    words = [f"[S1] {line.spoken} {line.text}"]
    return dict(foreign.processor(text=words, audio=line.reference, return_tensors="pt"))


def _dia_sound(foreign: Foreign, made: Any, inputs: Inputs) -> Any:
    length = foreign.processor.get_audio_prompt_len(inputs["decoder_attention_mask"])
    return foreign.processor.batch_decode(made, audio_prompt_len=length)


def _higgs(foreign: Foreign, line: Line) -> Inputs:
    turns = [{"role": "system", "content": [_text("Generate audio following instruction.")]}]
    if line.reference is not None:
        heard = {"type": "audio", "audio": line.reference}
        turns.append({"role": "user", "content": [_text(line.spoken)]})
        turns.append({"role": "assistant", "content": [heard]})
    turns.append({"role": "user", "content": [_text(line.text)]})
    return _chat(foreign, turns, answer=True)


def _vibevoice(foreign: Foreign, line: Line) -> Inputs:
    content: list[dict[str, Any]] = [_text(line.text)]
    if line.reference is not None:
        content.append({"type": "audio", "audio": line.reference})
    return _chat(foreign, [{"role": "0", "content": content}])


def _pocket(foreign: Foreign, line: Line) -> Inputs:
    content: list[dict[str, Any]] = [_text(line.text)]
    if line.reference is None and line.name is None:
        return _chat(foreign, [{"role": "user", "content": content}])
    if line.reference is not None:
        content.insert(0, {"type": "audio", "audio": line.reference})
        return _chat(foreign, [{"role": "user", "content": content}])
    from safetensors.torch import load_file

    kept = load_file(foreign.folder / "voices" / f"{line.name}.safetensors")
    latents = [tensor.squeeze(0) for tensor in kept.values() if tensor.squeeze(0).ndim == 2]
    if len(kept) != 1 or not latents:
        raise InputError("voice", f"{line.name} is no voice made of latents", "give a recording")
    content.insert(0, {"type": "audio"})
    words = foreign.processor.apply_chat_template([{"role": "user", "content": content}], tokenize=False)
    return dict(foreign.processor(text=words, audio_prompt_latents=[latents[0].float()], return_tensors="pt"))


def _pocket_sound(foreign: Foreign, made: Any, inputs: Inputs) -> Any:
    if isinstance(made, Mapping):
        return foreign.processor.decode(made["audio_latents"], made["audio_latents_mask"])
    return foreign.processor.decode(made[0])


def _kept(folder: str, suffix: str) -> Callable[[Foreign], Sequence[str]]:
    return lambda foreign: sorted(path.stem for path in (foreign.folder / folder).glob(f"*{suffix}"))


def _speecht5(foreign: Foreign, line: Line) -> Inputs:
    vector = np.load(foreign.folder / "speaker_embeddings" / f"{line.name}.npy", allow_pickle=False)
    speaker = torch.from_numpy(vector.astype(np.float32).reshape(1, -1))
    return {**_plain(foreign, line), "speaker_embeddings": speaker, "vocoder": foreign.vocoder}


def _seamless(foreign: Foreign, line: Line) -> Inputs:
    told = (
        {}
        if line.name is None
        else {"spkr_id" if foreign.config.model_type == "seamless_m4t" else "speaker_id": int(line.name)}
    )
    return {**dict(foreign.processor(text=line.text, src_lang="eng", return_tensors="pt")), "tgt_lang": "eng", **told}


def _seamless_names(foreign: Foreign) -> Sequence[str]:
    return [str(number) for number in range(foreign.config.vocoder_num_spkrs)]


_vits, _vits_names = _numbered("num_speakers", "speaker_id")
_fastspeech, _fastspeech_names = _numbered("num_speakers", "speaker_ids")
_POCKET = Way(prompt=_pocket, sound=_pocket_sound, clones="sound", names=_kept("voices", ".safetensors"))
_SEAMLESS = Way(prompt=_seamless, names=_seamless_names)

USUAL = Way(prompt=_plain, options={})
"""How a kind is asked that is not in the table."""

WAYS: Mapping[str, Way] = {
    "bark": Way(prompt=_bark, names=_bark_names),
    "csm": Way(prompt=_csm, clones="words", names=lambda foreign: [str(n) for n in range(10)], frames=12.5,
               options={"output_audio": True}),
    "dia": Way(prompt=_dia, sound=_dia_sound, clones="words", frames=86.2),
    "fastspeech2_conformer_with_hifigan": Way(prompt=_fastspeech, names=_fastspeech_names, rate=22_050),
    "gradium_phonon_tts": _POCKET,
    "higgs_audio_v2": Way(prompt=_higgs, sound=lambda foreign, made, inputs: foreign.processor.batch_decode(made),
                          clones="words", frames=25.0),
    "pocket_tts": _POCKET,
    "seamless_m4t": _SEAMLESS,
    "seamless_m4t_v2": _SEAMLESS,
    "speecht5": Way(prompt=_speecht5, names=_kept("speaker_embeddings", ".npy"), must_name=True,
                    vocoder="microsoft/speecht5_hifigan"),
    "vibevoice": Way(prompt=_vibevoice, clones="sound", frames=7.5),
    "vits": Way(prompt=_vits, names=_vits_names),
}  # fmt: skip

REFUSED = {
    "musicgen": "makes music",
    "musicgen_melody": "makes music",
    "qwen2_5_omni": "answers a text instead of reading it",
    "qwen3_omni_moe": "answers a text instead of reading it",
}
"""Kinds that make sound of text and yet do not speak it."""


def way_of(kind: str) -> Way:
    """How a kind is asked. Raises InputError for one that does not read aloud."""
    if kind in REFUSED:
        raise InputError("model", f"{kind} {REFUSED[kind]}", f"kinds that speak: {', '.join(sorted(WAYS))}")
    return WAYS.get(kind, USUAL)


def rate_of(foreign: Foreign, way: Way) -> int:
    """Samples a second, as the checkpoint tells them. Raises InputError where it does not."""
    told = [foreign.vocoder, foreign.model, getattr(foreign.processor, "audio_tokenizer", None)]
    places = [getattr(part, "config", None) for part in told]
    places += [getattr(foreign.config, name, None) for name in ("codec_config", "audio_config", "vocoder_config")]
    places += [getattr(foreign.processor, "feature_extractor", None), getattr(foreign.model, "generation_config", None)]
    for place in places:
        for name in ("sampling_rate", "sample_rate"):
            rate = getattr(place, name, None)
            if isinstance(rate, int) and rate > 0:
                return rate
    if not way.rate:
        raise InputError("model", "does not tell its sampling rate", "choose another, or complete its config.json")
    return way.rate


def waveform(made: Any) -> NDArray[np.float32]:
    """Samples [T] of what a model gave: a tensor, a list or tuple of them, or an output that names them.

    Raises RunError when there is no sound in it.
    """
    for name in ("audio", "waveform", "audio_values"):
        if isinstance(made, Mapping) and made.get(name) is not None:
            made = made[name]
    if isinstance(made, (list, tuple)):
        made = made[0] if made else None
    if not isinstance(made, torch.Tensor) or not made.is_floating_point() or not made.numel():
        raise RunError("the model made no sound", "try another seed, or another text")
    samples = made.detach().float().cpu().reshape(-1, made.shape[-1])[0].numpy()
    return np.ascontiguousarray(np.nan_to_num(samples))
