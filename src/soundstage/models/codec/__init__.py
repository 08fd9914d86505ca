"""Soundstage's own codec, of the family `codec`: an ear, codebooks for voice and wave, a throat and a mouth."""

from soundstage.models.codec.config import CodecConfig, codec_starter
from soundstage.models.codec.model import Books, Codec, Listener, Said, Teller, Tracer, shape_and_gain

__all__ = ["Books", "Codec", "CodecConfig", "Listener", "Said", "Teller", "Tracer", "codec_starter", "shape_and_gain"]
