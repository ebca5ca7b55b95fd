"""The command line: parses arguments, builds the objects, runs one command. It owns every exit code:
0 done, 1 a fault that the message names, 2 arguments that cannot be used, 130 stopped by the keyboard.
"""

from __future__ import annotations

import argparse
import io
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from bot.cli import editing, publishing, reporting, talking
from bot.errors import SignpostError
from bot.settings import read_settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    _forgive_bytes()
    try:
        settings = read_settings(os.environ, Path(".env"))
        return int(options.run(settings, options))
    except SignpostError as error:
        print(f"signpost: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader has gone, as with `| head`. Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _forgive_bytes() -> None:
    """Read and write what does not fit the terminal's encoding as a sign in its place, never as a reason to stop."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="signpost",
        description="Tells people who protect children which policy applies and what to do now.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for group in (talking, editing, publishing, reporting):
        group.add_to(commands)
    return parser
