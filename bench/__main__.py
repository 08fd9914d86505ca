"""All benchmarks, printed and written to docs/bench.md: `python -m bench` in the repository's root."""

from __future__ import annotations

import os
import warnings
from datetime import UTC, datetime
from pathlib import Path

from bench import cogvideox_step, decode_loop, dit_step, film_stages, graph_engine, speech, vae_decode
from bench.pairs import machine, markdown, table

PAGE = Path(__file__).resolve().parent.parent / "docs" / "bench.md"
TEXT = """# Benchmarks

Measured {date} on {machine} (load average {load:.1f} when it began). Written by `make bench`.

Each row runs ours and the peer in turn in one process, with the same weights, and swaps who begins; the ratio is the
median over the pairs, and beside it stand the quartiles.

{table}

{speech}
## The graph's engine

Milliseconds a node of the engine itself, for nodes that add two numbers.

{engine}

## A film by stage

The README's film at 512 × 512. Stages run beside each other, so their seconds add up to more than the whole.

{film}
"""


def main() -> None:
    """Run everything; the page is replaced when all of it has run."""
    warnings.filterwarnings("ignore")  # the peers' own
    load = os.getloadavg()[0]
    rows = [*decode_loop.rows(), *dit_step.rows(), *cogvideox_step.rows(), *vae_decode.rows()]
    made = table(rows)
    print(made)
    spoken = speech.section(speech.rows())
    print(spoken)
    costs = graph_engine.table().rows
    cells = [(row.name, f"{row.value:.3f} {row.unit}", f"± {row.spread or 0:.3f}", str(row.count)) for row in costs]
    engine = markdown(("shape", "median", "spread", "runs"), cells)
    print(engine)
    film = film_stages.table()
    print(film)
    PAGE.parent.mkdir(exist_ok=True)
    unfinished = PAGE.with_suffix(".part")
    date = datetime.now(UTC).strftime("%Y-%m-%d")
    unfinished.write_text(
        TEXT.format(date=date, machine=machine(), load=load, table=made, speech=spoken, engine=engine, film=film),
        "utf-8",
    )
    unfinished.replace(PAGE)
    print(f"written to {PAGE}")


if __name__ == "__main__":
    main()
