"""The command line: one command a task, made from its signature, and a few to look around.

Notable: `soundstage --help` imports no task and no torch; only the command that is asked for is made in full. Every
error is one line and an exit code (2 bad input, 3 something missing, 1 a run that failed, 130 cancelled);
`SOUNDSTAGE_DEBUG=1` shows the traceback.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer

OVERVIEW = """Generated speech, music and video, and films made of them, on this machine.

Start with one of these:

  soundstage film "A lighthouse keeper's cat finds a stranded whale. Thirty seconds, gentle." -o film.mp4\n
  soundstage speak "Hello from the lighthouse." -o hello.wav\n
  soundstage compose "calm lo-fi piano" --seconds 15 --bpm 80 -o music.wav\n
  soundstage shoot "a golden dog runs through a sunlit meadow" --camera "pan right" -o clip.mp4\n
  soundstage doctor
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    from soundstage.runtime.settings import quiet_threads

    quiet_threads()  # must be set before torch is imported
    given = list(sys.argv[1:] if arguments is None else arguments)
    raise SystemExit(run(given))


def run(arguments: Sequence[str]) -> int:
    """Run the command line and return the exit code."""
    from soundstage.cli.display import complain
    from soundstage.errors import CancelledRun, SoundstageError

    as_json = "--json" in arguments
    try:
        code = build(arguments)(args=list(arguments), prog_name="soundstage", standalone_mode=False)
        if code == CancelledRun.exit_code:  # the parser has caught the user's interrupt
            raise CancelledRun
        return code if isinstance(code, int) else 0
    except SoundstageError as error:
        return complain(str(error), error.exit_code, as_json=as_json)
    except KeyboardInterrupt:
        return complain(str(CancelledRun()), CancelledRun.exit_code, as_json=as_json)
    except BrokenPipeError:  # the reader of our output has gone, which is its right
        return unread()
    except SystemExit as ended:
        # A completion ends with its own code; else the parser, or rich, met the broken pipe before us.
        completing = "_SOUNDSTAGE_COMPLETE" in os.environ
        return ended.code if completing and isinstance(ended.code, int) else unread()
    except Exception as error:
        usage = getattr(error, "format_message", None)  # the command line parser's own errors
        if usage is not None:
            context = getattr(error, "ctx", None)
            path = context.command_path if context is not None else "soundstage"
            code = getattr(error, "exit_code", 2)
            said = usage().rstrip(". ")  # nothing where the help was shown, for want of a command
            return complain(f"{said}. Try '{path} --help'.", code, as_json=as_json) if said else code
        if type(error).__name__ == "Abort":
            return complain(str(CancelledRun()), CancelledRun.exit_code, as_json=as_json)
        if os.environ.get("SOUNDSTAGE_DEBUG"):
            raise
        reason = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}".rstrip(": ")
        return complain(f"unexpected {reason}; SOUNDSTAGE_DEBUG=1 shows where", 1, as_json=as_json)


def unread() -> int:
    """Write nothing more, for nobody reads."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def build(arguments: Sequence[str]) -> typer.Typer:
    """The application for these arguments: the task that they name in full, the others by name and summary."""
    import typer

    from soundstage.cli import cache, codec, graphs, voices, weights
    from soundstage.cli.commands import add_tasks
    from soundstage.cli.doctor import doctor
    from soundstage.cli.look import evaluate, info, models

    app = typer.Typer(
        help=OVERVIEW,
        no_args_is_help=True,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    )

    @app.callback(invoke_without_command=True)
    def options(version: bool = typer.Option(False, "--version", help="Print the version and exit.")) -> None:
        if version:
            from soundstage.runtime.record import version as installed

            print(f"soundstage {installed()}")
            raise typer.Exit

    add_tasks(app, named(arguments))
    graphs.add(app)
    for function in (models, info, evaluate, doctor):
        app.command(rich_help_panel="Look")(function)
    app.add_typer(codec.group, name="codec", rich_help_panel="Make")
    app.add_typer(voices.group, name="voice", rich_help_panel="Make")
    app.add_typer(cache.group, name="cache", rich_help_panel="Look")
    app.add_typer(weights.group, name="weights", rich_help_panel="Look")
    return app


def named(arguments: Sequence[str]) -> str:
    """The command that the arguments name; while a shell completes, the one on its line."""
    completing = os.environ.get("_SOUNDSTAGE_COMPLETE")
    words = (
        os.environ.get("COMP_WORDS", os.environ.get("_TYPER_COMPLETE_ARGS", "")).split()[1:]
        if completing
        else arguments
    )
    return next((word for word in words if not word.startswith("-")), "")
