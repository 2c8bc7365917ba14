"""A case as it is put to one model: makes the requests of each stage and scores the completions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from pytest_reasoning.prompting import (
    Conversation,
    CustomStrategy,
    conversation,
    follow_up,
    generation_for,
    next_question,
    render_prompt,
    thinking_options,
)
from pytest_reasoning.records import (
    Case,
    Completion,
    Endpoint,
    Generation,
    Gguf,
    Message,
    Model,
    Recorded,
    Request,
    RequestKey,
    Score,
    Strategy,
    Thinking,
)
from pytest_reasoning.scoring import (
    CustomScorer,
    Introduced,
    Stage,
    score_completion,
    thinking_tokens,
    vote,
    without_run_on,
)
from pytest_reasoning.text.thinking import Formats, opens_thinking
from pytest_reasoning.text.unicode import valid_text
from pytest_reasoning.verdict import case_fingerprints


@dataclass(frozen=True, kw_only=True)
class Question:
    """One case × model × strategy, independent of pytest."""

    case: Case
    model: Model
    label: str
    "The strategy's name as in node ids."
    strategy: Strategy | CustomStrategy
    chat: bool | None = None
    "Whether to use the model's chat template; with None it is used if the model has one."
    scorers: Mapping[str, CustomScorer] = field(default_factory=dict)
    "Scorers written in Python, by name."

    @cached_property
    def requests(self) -> tuple[Request, ...]:
        """The requests of the first stage: `repeats` answers times the samples that the strategy votes over.

        Raises:
            ModelError: the model's chat template cannot be rendered.
        """
        first, count = self._request(self._asked, 0), self.case.repeats * self.strategy.samples
        if count == 1:
            return (first,)
        return tuple(replace(first, sample=sample) for sample in range(count))

    @property
    def prompt(self) -> str:
        """The prompt of the first stage."""
        return self.requests[0].prompt

    @property
    def sampled(self) -> bool:
        """Whether tokens are drawn by chance, so that another run may answer otherwise."""
        return self._generation.temperature > 0

    @property
    def is_built_in(self) -> bool:
        """Whether neither the strategy nor any scorer is the user's own Python."""
        return isinstance(self.strategy, Strategy) and not self.scorers

    def forget(self) -> None:
        """Give back the memory of what was rendered and asked; it is made again where it is needed."""
        for name in _CACHED:
            self.__dict__.pop(name, None)

    @property
    def follow_up(self) -> Callable[[int, Sequence[Completion]], Request | None] | None:
        """The function for `Submission.follow_up`; None if the strategy has one stage."""
        if not isinstance(self.strategy, Strategy) or self.strategy.extraction:
            return self._next_request
        return None

    def answers(self, stages: Sequence[Sequence[Completion]]) -> tuple[tuple[Completion, Score], ...]:
        """Return each answer's score with a completion to show; its token counts are sums over all samples.

        Args:
            stages: for each request, the completions of its stages, in the order of `requests`.
        """
        size = self.strategy.samples
        return tuple(self._answer(stages[start : start + size]) for start in range(0, len(stages), size))

    @cached_property
    def fingerprints(self) -> Mapping[str, str]:
        """Short hashes of the question and of how it is asked, by which a later run recognizes the case."""
        plan = self.strategy if isinstance(self.strategy, Strategy) else None
        return case_fingerprints(
            # as decoded: the models file may set what the suite leaves open
            replace(self.case, generation=self._generation, thinking=self._thinking),
            messages=self._asked.messages,
            answer_start=self._asked.answer_start,
            strategy={
                "extraction": plan.extraction if plan is not None else "",
                "samples": self.strategy.samples,
                "temperature": plan.temperature if plan is not None else None,
            },
        )

    @cached_property
    def _asked(self) -> Conversation:
        return conversation(self.case, self.strategy)

    def _request(self, asked: Conversation, sample: int) -> Request:
        model = self.model
        template = None if self.chat is False or isinstance(model, Recorded) else model.chat_template
        prompt = render_prompt(
            asked,
            chat_template=template,
            thinking=self._thinking,
            bos_token=model.bos_token if isinstance(model, Gguf) else "",
            eos_token=model.eos_token if isinstance(model, Gguf) else "",
        )
        text = valid_text(prompt.text)  # a custom strategy may have produced an unpaired surrogate
        return Request(
            key=RequestKey(suite=self.case.suite, case=self.case.id, strategy=self.label),
            prompt=text,
            prefix_chars=prompt.prefix_chars if text == prompt.text else 0,
            generation=self._generation,
            sample=sample,
            choices=self.case.choices,
            grammar=self.case.grammar,
            next_question=self._next_question if self._generation.stop_at_next_question else (),
            thinking_opened=opens_thinking(prompt.text, formats=self._formats),
            thinking_formats=self._formats,
            messages=_messages(asked) if isinstance(model, Endpoint) else (),
            template_options=tuple(thinking_options(self._thinking).items()) if isinstance(model, Endpoint) else (),
        )

    @cached_property
    def _thinking(self) -> Thinking:
        """The suite's thinking settings, completed by those of the models file."""
        said, default = self.case.thinking, self.model.settings.thinking
        return replace(said, enabled=default) if said.enabled is None and default is not None else said

    @property
    def drops_thinking(self) -> bool:
        """Whether thinking is to be switched or bounded, which the plain layout has no words for."""
        return self._plain and not isinstance(self.model, Recorded) and bool(thinking_options(self._thinking))

    @cached_property
    def _generation(self) -> Generation:
        """The generation settings of strategy and suite, completed by those of the models file."""
        said = generation_for(self.case, self.strategy)
        defaults = self.model.settings.generation
        if not defaults:
            return said
        suite = self.case.generation
        own = [key for key in ("temperature", "max_tokens") if getattr(said, key) != getattr(suite, key)]
        keys = {*self.case.generation_keys, *own}
        return replace(said, **{key: value for key, value in defaults.items() if key not in keys})

    def _next_request(self, place: int, stages: Sequence[Completion]) -> Request | None:
        asked = before = self._asked
        for completion in stages:
            following = None
            if completion.finish not in ("error", "deadline", "overflow"):
                following = follow_up(self.case, self.strategy, asked, self._without_run_on(completion))
            if following is None:
                return None
            before, asked = asked, following
        request = self._request(asked, place)
        earlier = self._request(before, place).prompt
        return replace(request, earlier_chars=len(earlier)) if request.prompt.startswith(earlier) else request

    @property
    def _plain(self) -> bool:
        """Whether the prompt has the plain layout instead of a chat template's."""
        model = self.model
        if isinstance(model, Endpoint):
            return model.remote.chat is False
        return self.chat is False or isinstance(model, Recorded) or model.chat_template is None

    @property
    def _formats(self) -> Formats:
        return (*self.case.thinking.formats, *self.model.settings.thinking_formats)

    @cached_property
    def _next_question(self) -> tuple[str, ...]:
        """The texts with which a base model would start another question of its own."""
        if not self._plain or self.case.choices:
            return ()
        decoding = not isinstance(self.model, Recorded)
        return next_question(self._asked, options=bool(self.case.options), decoding=decoding)

    @cached_property
    def _stage(self) -> Stage:
        """The stage whose completion is scored."""
        plan = self.strategy if isinstance(self.strategy, Strategy) else None
        start = plan.extraction if plan is not None and plan.extraction else self._asked.answer_start
        question = self._asked.messages[self._asked.query].content.rstrip()
        introduced: Introduced = ""
        if plan is not None and plan.extraction:
            introduced = "perhaps" if start.rstrip().endswith((".", "?", "!")) else "surely"
        elif not start and (self._plain or question.endswith((":", "："))):
            introduced = "perhaps"
        return Stage(
            introduction=(start or question).rpartition("\n")[2],
            introduced=introduced,
            next_question=self._next_question if self._generation.stop_at_next_question else (),
            thinking_opened=self.requests[0].thinking_opened,
            thinking_formats=self._formats,
        )

    def _without_run_on(self, completion: Completion) -> str:
        return without_run_on(completion.text, self._stage.next_question, completion.stopped_by)

    def _ended(self, *stages: Completion) -> Completion:
        """Return the last stage, marked `next_question` if any stage went on with a question of the model's own."""
        cut = any(
            one.finish == "next_question" or len(self._without_run_on(one)) < len(one.text.rstrip())
            for one in stages
            if one.finish not in ("error", "deadline", "overflow")
        )
        return replace(stages[-1], finish="next_question") if cut else stages[-1]

    def _answer(self, samples: Sequence[Sequence[Completion]]) -> tuple[Completion, Score]:
        opened = self._stage.thinking_opened
        plan = self.strategy if isinstance(self.strategy, Strategy) else None
        scores = [
            score_completion(self.case, stages[-1], self._stage, registered=self.scorers) for stages in samples
        ]
        if len(samples) == 1 and len(samples[0]) == 1:
            only = self._ended(samples[0][0])
            thought = thinking_tokens(only, opened=opened)
            return replace(only, thinking_tokens=thought) if thought else only, scores[0]
        score = scores[0] if len(scores) == 1 else vote(scores)
        shown = next((s for s, own in zip(samples, scores, strict=True) if own.answer == score.answer), samples[0])
        link = f"\n{plan.extraction}" if plan is not None and plan.extraction else "\n"
        every = [completion for stages in samples for completion in stages]
        # character offset of each stage: after the earlier stages and the text that links them
        starts = [sum(len(stage.text) + len(link) for stage in shown[:place]) for place in range(len(shown))]
        completion = replace(
            self._ended(*shown),
            text=link.join(stage.text for stage in shown),
            tokens=tuple(token for one in every for token in one.tokens),
            logprobs=tuple(logprob for stage in shown for logprob in stage.logprobs),
            ends=tuple(start + end for start, stage in zip(starts, shown, strict=True) for end in stage.ends),
            server_tokens=sum(one.server_tokens for one in every),
            thinking_tokens=sum(
                thinking_tokens(stage, opened=opened and place == 0)
                for stages in samples
                for place, stage in enumerate(stages)
            ),
            elapsed_s=sum(one.elapsed_s for one in every),
            cached=all(one.cached for one in every),
        )
        return completion, score


_CACHED = tuple(name for name, value in vars(Question).items() if isinstance(value, cached_property))


def _messages(asked: Conversation) -> tuple[Message, ...]:
    """Return the messages for a chat server; the start of an answer comes last, for the server to continue."""
    begun = (Message(role="assistant", content=asked.answer_start),) if asked.answer_start else ()
    return tuple(replace(one, content=valid_text(one.content)) for one in (*asked.messages, *begun))
