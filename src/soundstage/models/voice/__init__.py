"""The starter voice: phones and a recording to speech, in two small networks that meet at pitch and envelope."""

from soundstage.models.voice.acoustic import Acoustic, SpeakerEncoder
from soundstage.models.voice.config import VoiceConfig, voice_starter, voice_tiny
from soundstage.models.voice.model import VoiceModel
from soundstage.models.voice.speech import How, Score, Wanted, generate, generate_many, plan, relieved, stream

__all__ = [
    "Acoustic",
    "How",
    "Score",
    "SpeakerEncoder",
    "VoiceConfig",
    "VoiceModel",
    "Wanted",
    "generate",
    "generate_many",
    "plan",
    "relieved",
    "stream",
    "voice_starter",
    "voice_tiny",
]
