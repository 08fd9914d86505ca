"""The gated convolutions of VITS, and what is made of them: the posterior encoder and the flow of couplings.

Notable: couplings only shift (their Jacobian is 1), so the flow has no determinant to carry. Masks are [B, 1, T] of
ones and zeros, or None where nothing is padded.

B batch · D width · T frames · F bins · L latent width · C width of a voice's vector
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from soundstage.models.vits.text import masked
from soundstage.nn.conv import Conv1d


class Wavenet(nn.Module):
    """Residual gated convolutions whose skips are summed (van den Oord et al., 2016), not causal."""

    def __init__(self, width: int, layers: int, kernel: int, dilation: int = 1, condition: int = 0) -> None:
        super().__init__()
        self.width = width
        self.condition = nn.Linear(condition, 2 * width * layers) if condition else None
        self.gates = nn.ModuleList(
            Conv1d(width, 2 * width, kernel, dilation=dilation**index, causal=False) for index in range(layers)
        )
        # The last layer has no successor, so it has only the half that is skipped to the end.
        self.outs = nn.ModuleList(
            Conv1d(width, width if index == layers - 1 else 2 * width, 1, causal=False) for index in range(layers)
        )

    def forward(self, x_BDT: Tensor, mask_B1T: Tensor | None, voice_BC: Tensor | None = None) -> Tensor:
        """[B, D, T] to the same."""
        biases: tuple[Tensor | None, ...] = (None,) * len(self.gates)
        if self.condition is not None and voice_BC is not None:
            biases = self.condition(voice_BC).unsqueeze(-1).chunk(len(self.gates), 1)
        skipped = None
        for gate, out, bias in zip(self.gates, self.outs, biases, strict=True):
            h = gate(x_BDT) if bias is None else gate(x_BDT) + bias
            tone, door = h.chunk(2, 1)
            h = out(tone.tanh() * door.sigmoid())
            if h.shape[1] > self.width:
                x_BDT = masked(x_BDT + h[:, : self.width], mask_B1T)
                h = h[:, self.width :]
            skipped = h if skipped is None else skipped + h
        assert skipped is not None
        return masked(skipped, mask_B1T)


class Posterior(nn.Module):
    """Linear spectrogram [B, F, T] to mean and log deviation [B, L, T] of the latents. For training and conversion."""

    def __init__(self, bins: int, width: int, latent: int, *, layers: int, kernel: int, dilation: int, condition: int):
        super().__init__()
        self.read = Conv1d(bins, width, 1, causal=False)
        self.wavenet = Wavenet(width, layers, kernel, dilation, condition)
        self.out = Conv1d(width, 2 * latent, 1, causal=False)

    def forward(
        self, spectrogram_BFT: Tensor, mask_B1T: Tensor | None = None, voice_BC: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Both are zero where the mask is."""
        h = self.wavenet(masked(self.read(spectrogram_BFT), mask_B1T), mask_B1T, voice_BC)
        mean, log_deviation = masked(self.out(h), mask_B1T).chunk(2, 1)
        return mean, log_deviation


class Coupling(nn.Module):
    """Shifts the second half of the channels by what it reads in the first."""

    def __init__(self, latent: int, width: int, *, layers: int, kernel: int, dilation: int, condition: int) -> None:
        super().__init__()
        self.read = Conv1d(latent // 2, width, 1, causal=False)
        self.wavenet = Wavenet(width, layers, kernel, dilation, condition)
        self.out = Conv1d(width, latent // 2, 1, causal=False)
        nn.init.zeros_(self.out.conv.weight)  # an untrained coupling does nothing
        nn.init.zeros_(self.out.conv.bias)  # type: ignore[arg-type]

    def forward(
        self, x_BLT: Tensor, mask_B1T: Tensor | None, voice_BC: Tensor | None = None, *, inverse: bool = False
    ) -> Tensor:
        """[B, L, T] to the same."""
        first, second = x_BLT.chunk(2, 1)
        h = self.wavenet(masked(self.read(first), mask_B1T), mask_B1T, voice_BC)
        shift = self.out(h)
        return torch.cat((first, masked(second - shift if inverse else second + shift, mask_B1T)), 1)


class Flow(nn.Module):
    """Couplings with the channels reversed between them: latents of speech to those of the prior, and back."""

    def __init__(self, couplings: int, latent: int, width: int, **wavenet: int) -> None:
        super().__init__()
        self.couplings = nn.ModuleList(Coupling(latent, width, **wavenet) for _ in range(couplings))

    def forward(
        self, x_BLT: Tensor, mask_B1T: Tensor | None = None, voice_BC: Tensor | None = None, *, inverse: bool = False
    ) -> Tensor:
        """[B, L, T] to the same; `inverse` goes from the prior to speech."""
        if inverse:
            for coupling in reversed(self.couplings):
                x_BLT = coupling(x_BLT.flip(1), mask_B1T, voice_BC, inverse=True)
            return x_BLT
        for coupling in self.couplings:
            x_BLT = coupling(x_BLT, mask_B1T, voice_BC).flip(1)
        return x_BLT
