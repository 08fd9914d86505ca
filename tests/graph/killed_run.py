"""Kill a run with SIGKILL at many random moments, run it again, print what happened: `killed_run.py FOLDER TRIALS`.

Each trial forks from this one process, so that hardly any time passes outside the run that is to be killed.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import toy_tasks as toys

from soundstage.graph import Cache, Event, Graph, Host, run, task

LOG = Path()


def note(kind: str, name: str) -> None:
    """One line, written at once."""
    handle = os.open(LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, f"{kind} {name}\n".encode())
    os.close(handle)


@task(version=1, name="toy.work")
def work(name: str, parts: list[toys.Blob] = []) -> toys.Blob:  # noqa: B006 - never written to
    """Some bytes from some bytes, after a moment."""
    note("computed", name)
    time.sleep(0.002)
    data = hashlib.sha256(name.encode() + b"".join(part.data for part in parts)).digest()
    return toys.Blob(data * 2000)


@task(version=1, name="toy.length")
def length(name: str, blob: toys.Blob) -> int:
    """A plain value, which lives in the index."""
    note("computed", name)
    return len(blob.data)


def graph() -> Graph:
    """Some forty nodes in five layers."""
    made = Graph()
    layer = [made.add(f"a{n}", work, name=f"a{n}") for n in range(6)]
    for depth in range(4):
        layer = [
            made.add(f"{'bcde'[depth]}{n}", work, name=f"{'bcde'[depth]}{n}", parts=[layer[n], layer[n - 1]])
            for n in range(6)
        ]
        counted = made.add(f"length{depth}", length, name=f"length{depth}", blob=layer[0])
        made.output(f"length{depth}", made.add(f"again{depth}", toys.add, a=counted))
    for n, link in enumerate(layer):
        made.output(f"out{n}", link)
    return made


def once(cache: Path) -> str:
    """Run to the end; the outputs' hash."""

    def listen(event: Event) -> None:
        if event.happening == "output":
            note("finished", event.node)

    results = run(graph(), Cache(cache), host=Host(workers=3), listener=listen)
    data = b"".join(repr(results[name]).encode() for name in sorted(results))
    return hashlib.sha256(data).hexdigest()


def trial(folder: Path, seconds: float) -> dict[str, object]:
    """Kill a run after some seconds, then let another finish."""
    global LOG
    LOG = folder / "first.log"
    child = os.fork()
    if child == 0:
        once(folder / "cache")
        os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    lines = LOG.read_text().splitlines() if LOG.exists() else []
    finished = [line.split()[1] for line in lines if line.startswith("finished")]
    LOG = folder / "second.log"
    digest = once(folder / "cache")
    computed = (
        [line.split()[1] for line in LOG.read_text().splitlines() if line.startswith("computed")]
        if LOG.exists()
        else []
    )
    return {"finished": finished, "computed": computed, "digest": digest}


def main() -> None:
    """All trials, spread over the time that a whole run takes."""
    global LOG
    folder, trials = Path(sys.argv[1]), int(sys.argv[2])
    LOG = folder / "whole.log"
    start = time.monotonic()
    whole = once(folder / "whole")
    took = time.monotonic() - start
    moments = random.Random(7)
    results = []
    for number in range(trials):
        place = folder / str(number)
        place.mkdir()
        results.append(trial(place, moments.uniform(0.0, took)))
    print(json.dumps({"whole": whole, "nodes": len(graph().nodes), "trials": results}))


main()
