"""What the page's figures mean and do not mean, in sentences that fit what was measured."""

from __future__ import annotations

from selfstudy.domain.version import Score, Scores
from selfstudy.reports.wording import of


def meaning(scores: Scores, retrieval: Score | None, *, raced: bool) -> list[str]:
    """Each sentence stands only where its figures do, but for the one on retrieval, which is always advice."""
    said = []
    if scores.after.n:
        said.append(
            f"The intervals say how far the choice of {scores.after.n} questions may have moved a share. They do not "
            "cover another seed, other documents or another way of asking, and two bars whose intervals overlap may "
            "still differ: the same questions stand behind both."
        )
        said.append(
            "An answer is right if an accepted answer occurs in it as whole words. A right answer in other words "
            "counts as wrong, and a wrong one that happens to hold the words counts as right: read the cards."
        )
        said.append(
            "The quiz was written by the model itself, about what it found easy to ask, in the documents' own words. "
            "A person's questions are harder: expect a smaller share of right answers to them."
            if scores.quiz == "self"
            else "The questions are the user's and steered nothing. The model's own quiz, by which it chooses its "
            "notes, is easier than a person's: a gain there promises less than a right answer here."
        )
    if scores.kept.n:
        said.append(
            f"Retention is measured on {scores.kept.n} general questions that the model answered right before. It "
            "says nothing about knowledge and skills that no question there touches."
        )
    said.append(_retrieval(scores.after, retrieval))
    if raced:
        said.append(
            "A candidate's gain rests on a few questions about one passage. It can be compared with that of its "
            "siblings at the same rung, hardly with gains on other passages."
        )
    return said


def _retrieval(after: Score, retrieval: Score | None) -> str:
    advice = (
        "Retrieval is the better choice where the text fits into the context at the time of asking, where documents "
        "change often, or where an answer must come with its place in the text. Learning is for answers without the "
        "documents at hand, and the two can be combined."
    )
    if not (retrieval and retrieval.n and after.n):
        return advice
    if retrieval.right > after.right:
        return f"Here retrieval answered {of(retrieval)}, more than this version ({of(after)}). {advice}"
    return f"Here retrieval answered {of(retrieval)}, this version {of(after)}. {advice}"
