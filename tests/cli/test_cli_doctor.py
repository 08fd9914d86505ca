"""What the doctor says of the public video checkpoints."""

from __future__ import annotations

from soundstage import runtime
from soundstage.cli.doctor import Finding, video
from soundstage.runtime.room import KNOWN


def told(gigabytes: float) -> dict[str, Finding]:
    with runtime.using(memory_mb=gigabytes * 1024, device="cpu"):
        return {finding.name: finding for finding in video()}


def test_the_doctor_says_how_every_known_video_checkpoint_fits() -> None:
    small, large = "Wan-AI/Wan2.1-T2V-1.3B-Diffusers", "Wan-AI/Wan2.1-T2V-14B-Diffusers"
    roomy = told(80)
    assert set(roomy) == {checkpoint.ref for checkpoint in KNOWN}
    assert {finding.state for finding in roomy.values()} == {"good"}
    assert roomy[small].text.startswith("fits whole: ") and "of 80.0 GB for 81 frames of 832x480" in roomy[small].text
    modest = told(12)
    assert modest[small].state == "good" and modest[small].text.startswith("fits one part at a time: ")
    assert modest[large].state == "note" and "take a smaller model" in modest[large].remedy
    assert roomy[small].text.endswith(" GB in int8 or fp8")
    card_of_24 = told(24)[large]
    assert card_of_24.state == "good" and card_of_24.remedy == "--dtype int8"
    assert card_of_24.text.startswith("fits with int8 or fp8 weights, one part at a time")
    assert "in tiles" in told(16)[small].text
    assert {finding.text.partition(":")[0] for finding in told(1).values()} == {"does not fit"}
