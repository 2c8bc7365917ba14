"""`--reasoning-show-prompt`: what the models would read, and nothing run."""

from __future__ import annotations

import pytest

from kit.fixtures import Record, Write


@pytest.mark.parametrize("options", [(), ("-q",), ("-v",)], ids=["plain", "quiet", "verbose"])
def test_prompts_of_the_selected_cases(
    pytester: pytest.Pytester, suite: Write, recorded: Record, options: tuple[str, ...]
) -> None:
    suite(extra="system: 'Be [red]brief[/red].\\x1b[2J'\nfewshot: [{a: 4, b: 5, target: 9}]\n".replace("'", '"'))
    model = f"--reasoning-models={recorded('m', {})}"
    result = pytester.runpytest(model, "--reasoning-show-prompt", "-k", "two", *options)
    lines = result.outlines
    start = lines.index("cases/sums.yaml::two[m]")
    assert lines[start : start + 8] == [
        "cases/sums.yaml::two[m]",
        "  | Be [red]brief[/red].\\x1b[2J",
        "  | ",
        "  | Q: What is 4 plus 5?",
        "  | A: 9",
        "  | ",
        "  | Q: What is 2 plus 2?",
        "  | A:",
    ]
    assert "one[m]" not in result.stdout.str()
    assert "passed" not in result.stdout.str()
    assert result.ret == pytest.ExitCode.OK


def test_messages_for_a_server_that_renders_them(pytester: pytest.Pytester, suite: Write) -> None:
    suite(extra="system: Be brief.\n")
    result = pytester.runpytest("--reasoning-models=http://127.0.0.1:9#m", "--reasoning-show-prompt", "-k", "two")
    result.stdout.fnmatch_lines(
        [
            "cases/sums.yaml::two[[]m[]]",
            "  (the server renders these messages by its own chat template)",
            "  system:",
            "  | Be brief.",
            "  user:",
            "  | Q: What is 2 plus 2?",
        ]
    )


def test_a_template_that_fails_is_told(pytester: pytest.Pytester, suite: Write) -> None:
    from pytest_reasoning.models.embedded import ZOO

    suite()
    (pytester.path / "bad.jinja").write_text("{{ raise_exception('no') }}")
    models = f"m: {{gguf: {ZOO / 'nano.gguf'}, chat_template: bad.jinja}}\n"
    (pytester.path / "reasoning-models.yaml").write_text(models)
    result = pytester.runpytest("--reasoning-models=m", "--reasoning-show-prompt", "-k", "two")
    result.stdout.fnmatch_lines(
        [
            "cases/sums.yaml::two[[]m[]]",
            "  ERROR: the model's chat template failed: no (set `chat: false` for this model)",
        ]
    )


def test_one_process_shows_them(pytester: pytest.Pytester, suite: Write, recorded: Record) -> None:
    suite()
    result = pytester.runpytest(f"--reasoning-models={recorded('m', {})}", "--reasoning-show-prompt", "-n2")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "ERROR: --reasoning-show-prompt: the preview needs a single process (leave out -n)" in result.errlines
