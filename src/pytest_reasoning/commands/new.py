"""`pytest-reasoning new`: writes a small suite to start from."""

from __future__ import annotations

import argparse
from pathlib import Path

from pytest_reasoning.text.errors import ReasoningError

SUITE = """\
suite: {name}
description: What these cases ask, in one sentence.
prompt: "Q: What is {{{{ a }}}} + {{{{ b }}}}?"
target: "{{{{ a + b }}}}"
scorer: number
strategies: [direct]
generation: {{max_tokens: 16, temperature: 0, stop: ["\\n\\n"]}}
fewshot:
  - {{a: 12, b: 30}}
  - {{a: 41, b: 7}}
threshold: 0.8
cases:
  - {{id: no-carry, a: 21, b: 34}}
  - {{id: carry, a: 27, b: 35}}
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("name", help="name of the suite; the file is cases/NAME.yaml")


def run(options: argparse.Namespace) -> int:
    """Write the suite and print how to run it.

    Raises:
        ReasoningError: the name is not allowed, or the file exists already or cannot be written.
    """
    path = Path("cases", f"{options.name}.yaml")
    if not options.name.replace("-", "").replace("_", "").isalnum():
        raise ReasoningError(f"{options.name!r} cannot name a suite (use letters, digits, - and _)")
    try:
        path.parent.mkdir(exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(SUITE.format(name=options.name))
    except FileExistsError:
        raise ReasoningError(f"{path} exists already (choose another name)") from None
    except OSError as error:
        raise ReasoningError(f"cannot write {path}: {error.strerror}") from None
    print(f"{path}: run it with pytest {path} --reasoning-models=small")
    return 0
