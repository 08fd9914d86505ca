"""Speech against its peers, and where the time goes: the table and the text of docs/bench.md's section on speech.

Notable: the limits are measured in the same run, one product of a matrix and a vector that does not fit the cache, and
one of two large matrices; what a model must read and multiply is counted from its shape.
"""

from __future__ import annotations

from statistics import median

import torch

from bench import speech_bark, speech_codec, speech_f5, speech_vits
from bench.pairs import Row, seconds, table

TEXT = """## Speech

{table}

### Where the time goes, and how far the limits are

On this machine a matrix–vector product in float32 reads {read:.0f} GB/s, in float16 with float32 sums {half:.0f} GB/s;
products of large matrices make {wide:.0f} GFLOP/s in float32 and {narrow:.0f} in bfloat16.

- **VITS.** A second of sound at 16 kHz is 38.4 GFLOP of HiFi-GAN's convolutions, 0.9 of its flow, and little else. At
  the rate above that is {vits:.2f} s of computing in float32, so no more than {vits_most:.1f} s of sound a second can
  be had of so many threads; oneDNN's convolutions reach that rate in every stage (measured apart: 85–107 GFLOP/s on one
  core), in this layout, in channels-last and with packed weights alike. What we save over transformers is its passes
  over memory and its unfolded weight norms. Winograd's transformed convolutions (eight points) were tried: 1.3 times
  faster at 256 channels, no faster at 128, slower below, so 5% of the whole, at ten times the rounding error; not kept.
  The step beyond is bfloat16 (`--dtype bfloat16`: the decoder alone), which halves the convolutions' time.
- **Bark.** A step of the semantic stage reads 85 M weights and the 8 M of its head, one of the coarse stage 86 M:
  {step:.0f} ms in float32 at the rate above. `nn.packed` (`--dtype float16` on a CPU) keeps them in float16 and sums in
  float32: {small:.0f} ms. A window of the coarse stage that cannot go on from the last reads 887 tokens, 150 GFLOP; any
  of the fine stage's six books reads 1,024, 174 GFLOP and 39 of attention: there products in bfloat16 help. Our
  coarse stage goes on from the last window as long as its prompt stays (four seconds without a voice), and heads are
  read only in the rows that are allowed. The padding of the fine window cannot be left out: the network attends to it.
- **EnCodec.** Decoding a second is 2.4 GFLOP of convolutions and 0.6 of the LSTM, whose 4.2 M weights a stream
  must read for every frame. Live, the peer decodes each chunk's context again, and is still not exact.
- **F5.** A step with guidance is 0.74 GFLOP a frame, {frame:.1f} ms in float32, for the peer too. Only narrower
  products (`nn.packed`, or `--dtype bfloat16`) go beyond.
- **Eight at once** shares the reading of weights, and so pays for Bark's steps. What is already at the arithmetic limit
  (VITS, EnCodec whole, F5) gains next to nothing by it on a CPU, whatever the code.
"""


def limits() -> dict[str, float]:
    """GB/s of matrix–vector products, GFLOP/s of large products."""
    generator = torch.Generator().manual_seed(0)
    weight = torch.randn(8192, 8192, generator=generator) * 0.02  # 256 MiB
    vector, many = torch.randn(1, 8192, generator=generator), torch.randn(1024, 2048, generator=generator)
    square = torch.randn(2048, 2048, generator=generator)
    narrow_many, narrow_square = many.bfloat16(), square.bfloat16()
    packed = torch.ops.quantized.linear_prepack_fp16(weight, None)

    def each(work: object) -> float:
        assert callable(work)
        work()
        return median(seconds(work) for _ in range(5))

    with torch.inference_mode():
        flops = 2 * 1024 * 2048 * 2048
        return {
            "read": 4 * weight.numel() / each(lambda: torch.nn.functional.linear(vector, weight)) / 1e9,
            "half": 2 * weight.numel() / each(lambda: torch.ops.quantized.linear_dynamic_fp16(vector, packed)) / 1e9,
            "wide": flops / each(lambda: torch.nn.functional.linear(many, square)) / 1e9,
            "narrow": flops / each(lambda: torch.nn.functional.linear(narrow_many, narrow_square)) / 1e9,
        }


def section(rows: list[Row]) -> str:
    """The section as Markdown."""
    found = limits()
    vits = 39.3 / found["wide"]
    return TEXT.format(
        table=table(rows), vits=vits, vits_most=1 / vits, step=4 * 93e6 / found["read"] / 1e6,
        small=2 * 93e6 / found["half"] / 1e6, frame=0.74e3 / found["wide"], **found,
    )  # fmt: skip


def rows() -> list[Row]:
    """All of speech."""
    return [*speech_vits.rows(), *speech_codec.rows(), *speech_bark.rows(), *speech_f5.rows()]


def main() -> None:
    """Measure and print."""
    print(section(rows()))


if __name__ == "__main__":
    main()
