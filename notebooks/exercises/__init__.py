"""The book's answers: `answer("3.1", value)` says whether a value is right, and where it went wrong if it knows."""

from exercises.answers import Answer, Mistake, Verdict, answer

__all__ = ["Answer", "Mistake", "Verdict", "answer"]
