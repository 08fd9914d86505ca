"""EnCodec at 24 kHz, decoding 6 kbit/s, against transformers: whole, and live.

Notable: transformers cannot decode a stream. What a live program does with it is to decode every chunk with a second of
context before it and cut that away (its LSTM still forgets what was earlier, so seams remain); the least it could do is
to decode every chunk alone, with a seam at each. Ours carries its state, and its pieces joined are the whole.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor

from bench.pairs import Row, compare, table
from soundstage.codec.encodec import Encodec, encodec_24khz
from soundstage.nn.conv import Stream
from soundstage.weights import encodec as weights
from soundstage.weights.keys import rename
from soundstage.weights.load import assemble

FRAMES, CHUNK, CONTEXT, BOOKS, EIGHT = 225, 15, 75, 8, 8  # three seconds, in chunks of 0.2, a second before each


def rows(pairs: int = 5) -> list[Row]:
    """Whole, live by either way of the peer's, and eight at once."""
    import transformers

    with torch.random.fork_rng():
        torch.manual_seed(0)
        theirs = transformers.EncodecModel(transformers.EncodecConfig()).eval()
        with torch.no_grad():
            for layer in theirs.quantizer.layers:  # zeros, until they are trained
                layer.codebook.embed.normal_()
    tensors = rename(theirs.state_dict(), weights.KEYS, weights.IGNORED)
    ours = cast(Encodec, assemble(lambda: Encodec(encodec_24khz()), tensors, torch.float32))
    codes = torch.randint(0, 1024, (EIGHT, BOOKS, FRAMES), generator=torch.Generator().manual_seed(1))
    one = codes[:1]

    def their_pieces(context: int) -> list[Tensor]:
        made = []
        for start in range(0, FRAMES, CHUNK):
            left = max(0, start - context)
            heard = theirs.decode(one[None, ..., left : start + CHUNK], [None])[0]
            made.append(heard[..., (start - left) * 320 :])
        return made

    def our_pieces() -> list[Tensor]:
        stream, made = Stream(), []
        for start in range(0, FRAMES, CHUNK):
            stream.ending = start + CHUNK >= FRAMES
            made.append(ours.decode(one[..., start : start + CHUNK], stream))
        return made

    seconds, unit, work = FRAMES / 75, "s of sound/s", "EnCodec 24 kHz decode"
    with torch.inference_mode():
        whole, truth = ours.decode(one), theirs.decode(one[None], [None])[0]
        exact = f"largest difference {float((whole - truth).abs().max()):.0e}"
        live = torch.cat(our_pieces(), -1)
        off = float((live - whole).abs().max())
        seams = [float((torch.cat(their_pieces(c), -1) - whole).abs().max() / whole.std()) for c in (CONTEXT, 0)]
        note = f"ours off the whole by {off:.0e}, theirs by {{:.2g}} of its spread"
        rows_of = [codes[row : row + 1] for row in range(EIGHT)]
        return [
            compare(f"{work}, whole", "transformers", unit, seconds, lambda: ours.decode(one),
                    lambda: theirs.decode(one[None], [None]), pairs=pairs, note=exact),
            compare(f"{work}, live, 0.2 s a chunk", "transformers, 1 s of context", unit, seconds, our_pieces,
                    lambda: their_pieces(CONTEXT), pairs=pairs, note=note.format(seams[0])),
            compare(f"{work}, live, 0.2 s a chunk", "transformers, chunks alone", unit, seconds, our_pieces,
                    lambda: their_pieces(0), pairs=pairs, note=note.format(seams[1])),
            compare(f"{work}, 8 at once", "ours, one by one", unit, EIGHT * seconds, lambda: ours.decode(codes),
                    lambda: [ours.decode(row) for row in rows_of], pairs=pairs),
        ]  # fmt: skip


def main() -> list[Row]:
    """Measure and print."""
    made = rows()
    print(table(made))
    return made


if __name__ == "__main__":
    main()
