"""MusicGen's `config.json` to ours: that of transformers, and what the conversion of an audiocraft pickle writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from soundstage.errors import InputError
from soundstage.models.musicgen import DecoderConfig, MusicgenConfig
from soundstage.models.musicgen.model import MONO
from soundstage.weights import encodec, t5

CODEC = "facebook/encodec_32khz"
# The text encoders of audiocraft by name: where they are published, and how wide their states are.
TEXTS = {
    "t5-small": ("google-t5/t5-small", 512),
    "t5-base": ("google-t5/t5-base", 768),
    "t5-large": ("google-t5/t5-large", 1024),
}
CHROMA_SIZE, CHROMA_HOP = 14, 4096  # of the melody's transform: as a power of two, and in samples


def from_config(theirs: Mapping[str, Any], generation: Mapping[str, Any] | None = None) -> MusicgenConfig:
    """The reference's `config.json`, and `generation_config.json` where it tells how long a window is.

    Raises InputError naming a field whose value we do not support.
    """
    kind = theirs.get("model_type", "musicgen")
    if kind == "audiocraft":
        return _audiocraft(theirs)
    decoder = theirs.get("decoder") or {}
    for name, supported in (("activation_function", "gelu"), ("scale_embedding", False), ("audio_channels", (1, 2))):
        allowed = supported if isinstance(supported, tuple) else (supported,)
        if decoder.get(name, allowed[0]) not in allowed:
            raise InputError(name, f"{decoder[name]!r} is not supported", f"supported: {supported}")
    text, codec = (
        t5.from_config(theirs.get("text_encoder") or {}),
        encodec.from_config(theirs.get("audio_encoder") or {}),
    )
    width, codes = decoder.get("hidden_size", 1024), decoder.get("vocab_size", 2048)
    for name in ("pad_token_id", "bos_token_id"):
        if decoder.get(name, codes) != codes:
            raise InputError(name, f"{decoder[name]} is not vocab_size, {codes}", "make them equal")
    books, stereo = decoder.get("num_codebooks", 4), decoder.get("audio_channels", 1) == 2
    melodic = kind == "musicgen_melody"
    made = DecoderConfig(
        width=width,
        depth=decoder.get("num_hidden_layers", 24),
        heads=decoder.get("num_attention_heads", 16),
        hidden=decoder.get("ffn_dim", 4096),
        books=books,
        codes=codes,
        delays=tuple(book // 2 if stereo else book for book in range(books)),
        context=None if text.width == width else text.width,
        chroma=theirs.get("num_chroma", 12) if melodic else None,
        chroma_frames=theirs.get("chroma_length", 235),
    )
    steps = (generation or {}).get("max_length")
    seconds = 30.0 if steps is None else steps / codec.frames_per_second
    return MusicgenConfig(decoder=made, text=text, codec=codec, seconds=seconds)


def _audiocraft(theirs: Mapping[str, Any]) -> MusicgenConfig:
    """Of `xp.cfg`, as `weights.audiocraft` keeps it; the text encoder and, where it was not beside, the codec are
    borrowed.
    """
    lm, pattern = theirs.get("transformer_lm") or {}, theirs.get("codebooks_pattern") or {}
    fuser, hears = theirs.get("fuser") or {}, theirs.get("conditioners") or {}
    text, melody = hears.get("description") or {}, hears.get("self_wav")
    chroma = (melody or {}).get("chroma_stem") or {}
    for name, value, supported in (
        ("codebooks_pattern.modeling", pattern.get("modeling", "delay"), "delay"),
        ("transformer_lm.positional_embedding", lm.get("positional_embedding", "sin"), "sin"),
        ("transformer_lm.norm", lm.get("norm", "layer_norm"), "layer_norm"),
        ("transformer_lm.norm_first", lm.get("norm_first", True), True),
        ("transformer_lm.activation", lm.get("activation", "gelu"), "gelu"),
        ("transformer_lm.bias_attn", lm.get("bias_attn", False), False),
        ("transformer_lm.bias_ff", lm.get("bias_ff", False), False),
        ("transformer_lm.bias_proj", lm.get("bias_proj", False), False),
        ("transformer_lm.qk_layer_norm", lm.get("qk_layer_norm", False), False),
        ("transformer_lm.layer_scale", lm.get("layer_scale"), None),
        ("transformer_lm.kv_repeat", lm.get("kv_repeat", 1), 1),
        ("conditioners.description.model", text.get("model", "t5"), "t5"),
        ("conditioners.self_wav.model", (melody or {}).get("model", "chroma_stem"), "chroma_stem"),
        ("conditioners.self_wav.chroma_stem.radix2_exp", chroma.get("radix2_exp", CHROMA_SIZE), CHROMA_SIZE),
        ("fuser.sum", list(fuser.get("sum") or ()), []),
        ("fuser.input_interpolate", list(fuser.get("input_interpolate") or ()), []),
        ("fuser.prepend", list(fuser.get("prepend") or ()), ["self_wav", "description"] if melody else []),
    ):
        if value != supported:
            raise InputError(name, f"{value!r} is not supported", f"supported: {supported!r}")
    name = (text.get("t5") or {}).get("name", "t5-base")
    if name not in TEXTS:
        raise InputError("conditioners.description.t5.name", f"{name!r} is not known", f"known: {', '.join(TEXTS)}")
    seconds, rate = (
        float((theirs.get("dataset") or {}).get("segment_duration", 30)),
        int(theirs.get("sample_rate", 32_000)),
    )
    width = lm.get("dim", 1024)
    made = DecoderConfig(
        width=width,
        depth=lm.get("num_layers", 24),
        heads=lm.get("num_heads", 16),
        hidden=int(lm.get("hidden_scale", 4) * width),
        books=lm.get("n_q", 4),
        codes=lm.get("card", 2048),
        delays=tuple((pattern.get("delay") or {}).get("delays", MONO)),
        context=TEXTS[name][1],
        chroma=chroma.get("n_chroma", 12) if melody else None,
        chroma_frames=1 + int(seconds * rate) // CHROMA_HOP,
    )
    codec = theirs.get("codec")
    return MusicgenConfig(
        decoder=made,
        text=None,
        text_from=TEXTS[name][0],
        codec=None if codec is None else encodec.from_config(codec),
        codec_from=CODEC,
        seconds=seconds,
    )
