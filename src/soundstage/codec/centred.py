"""Sound from the codes of a centred codec while they still come, the same samples as at once.

Notable: such a codec sees the future of its signal, but not far: its convolutions reach a few frames, and its LSTM
looks only back. So each part is run with that much of its input on either side, and what the edges spoilt is cut away;
at the ends of the signal nothing is. Sound is so about a tenth of a second behind the codes.

B batch · K codebooks · N frames · C channels · T samples
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from soundstage.codec.encodec import Encodec
from soundstage.codec.seanet import SeanetConfig
from soundstage.errors import InputError
from soundstage.nn.conv import Stream


class CentredStream:
    """Turns codes into samples piece by piece. One for each signal.

    Raises InputError for a codec that is levelled, grouped or in chunks, and for a causal one, which streams by itself.
    """

    def __init__(self, codec: Encodec) -> None:
        net = codec.config.seanet
        if net.causal or net.grouped or codec.config.levelled or codec.config.chunk:
            raise InputError("codec", "is not a plain centred one", "decode its codes at once, or with its own stream")
        self.codec, self.hop = codec, net.hop
        layers = list(codec.decoder.layers)
        self.first, self.rest = layers[0], layers[1:]
        self.recurrent = self.rest.pop(0) if net.lstm else None
        self.memory = Stream()
        self.reach = net.kernel // 2, _reach(net)  # frames to either side: of the first layer, of those behind the LSTM
        self.latents: Tensor | None = None  # as far back as somebody still looks
        self.states: Tensor | None = None
        self.heard = [0, 0]  # frames: that went through the LSTM, that have sounded
        self.forgotten = [0, 0]  # frames: of the latents, of the states

    @torch.inference_mode()
    def push(self, codes_BKN: Tensor, *, last: bool = False) -> Tensor:
        """The samples [B, C, T] that these codes complete, maybe none; with `last`, all that are left."""
        new_BDN = self.codec.quantiser.decode(codes_BKN)
        self.latents = new_BDN if self.latents is None else torch.cat((self.latents, new_BDN), -1)
        state_BDN = self._through(0, last)
        self.states = state_BDN if self.states is None else torch.cat((self.states, state_BDN), -1)
        return self._through(1, last)

    def _through(self, part: int, last: bool) -> Tensor:
        """The outputs of one part that are not yet out and that more input cannot change."""
        given, reach, done = self.states if part else self.latents, self.reach[part], self.heard[part]
        assert given is not None
        skipped = self.forgotten[part]
        until = skipped + given.shape[-1] - (0 if last else reach)
        if until <= done:
            return self._nothing(part, given)
        y = self._run(part, given, done - skipped, until - skipped)
        self.heard[part] = until
        keep = max(skipped, until - reach)
        self.forgotten[part] = keep
        kept = given[..., keep - skipped :]
        if part:
            self.states = kept
        else:
            self.latents = kept
        return y

    def _run(self, part: int, given: Tensor, start: int, stop: int) -> Tensor:
        """Outputs of the frames from `start` to `stop` of what is given."""
        if part:
            y = given
            for layer in self.rest:
                y = layer(y.clone() if y is given else y)  # some layers work in place
            return y[..., start * self.hop : stop * self.hop]
        y = self.first(given)[..., start:stop]
        return y if self.recurrent is None else self.recurrent(y, self.memory)  # type: ignore[no-any-return]

    def _nothing(self, part: int, given: Tensor) -> Tensor:
        net = self.codec.config.seanet
        return given.new_zeros(len(given), net.channels if part else net.width * 2 ** len(net.ratios), 0)


def _reach(net: SeanetConfig) -> int:
    """How many frames a sample sees to either side, behind the LSTM."""
    rate, reach = 1, 0.0
    for ratio in net.ratios:
        reach += 1 / rate
        rate *= ratio
        reach += sum(net.residual_kernel // 2 * net.dilation**index for index in range(net.residuals)) / rate
    return math.ceil(reach + (net.last_kernel // 2) / rate)
