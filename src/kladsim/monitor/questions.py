"""What a file leaves open: questions that a person, a recipe or another program answers with an option."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kladsim.core.errors import InputError


@dataclass(frozen=True)
class Question:
    """One question about a file.

    Attributes
    ----------
    about : what is asked for: a meaning, a sheet, an order or a mark
    text : the question in one sentence
    option : the option that answers it, as it is typed
    choices : what it may be, where that is a list
    examples : what the file has that the question is about
    """

    about: str
    text: str
    option: str
    choices: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()


class OpenQuestionError(InputError):
    """A file cannot be read before a question is answered."""

    def __init__(self, question: Question, *, where: str | None = None, suggestion: str | None = None) -> None:
        self.question = question
        value = ", ".join(question.examples) or None
        super().__init__(question.text, where=where, value=value, allowed=question.option, suggestion=suggestion)


def list_questions(errors: Sequence[InputError]) -> list[Question]:
    """Return the questions among errors, each once."""
    return list(dict.fromkeys(one.question for one in errors if isinstance(one, OpenQuestionError)))
