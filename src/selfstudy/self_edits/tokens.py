"""Words of a sentence, and what kind of word each is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice

from selfstudy.self_edits.verbs import BASE, PAST, base_form

_TOKEN = re.compile(
    r"`[^`]+`"  # code in backticks
    r"|[\"“][^\"“”]{2,60}[\"”]"  # quoted
    r"|\d+(?:[.,]\d+)*(?:-[a-z]\w*)+"  # 667-acre, 10-year-old
    r"|[$€£]?\d+(?:[.,:/–-]\d+)*(?:\s?[%°])?(?:st|nd|rd|th)?(?![\w])"  # 0.8, 06:30, 1,500, 2000-01, $5, 3rd
    r"|(?:[A-Z]\.)+(?![a-z])"  # initials
    r"|(?:--|[#@/$])?\w+(?:[-'’._/]\w+)*"  # words, flags, #channels, file names
    r"|[^\w\s]"
)
COUNT_WORDS = frozenset(
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion "
    "dozen".split()
)
NUMBER_WORDS = COUNT_WORDS | frozenset(
    "hundreds thousands millions half twice thrice first second third fourth fifth sixth".split()
)
MONTHS = frozenset(
    "January February March April May June July August September October November December Monday Tuesday Wednesday "
    "Thursday Friday Saturday Sunday Mondays Tuesdays Wednesdays Thursdays Fridays Saturdays Sundays".split()
)


# Articles, prepositions, pronouns, auxiliaries, connectives, and adverbs that never are an answer.
STOP = frozenset(
    "a an the this that these those some any each every all both either neither no not nor none such same "
    "other another "
    "its his her their our your my it he she they we you i him them us me itself himself herself themselves who whom "
    "whose which what when where why how there here and or but so if then else than as because since although though "
    "while until unless once whether of in on at by for with without from to into onto upon over under about "
    "above below "
    "after before between among through during against across along around behind beside besides beyond near "
    "off out up "
    "down toward towards via per within despite except like is am are was were be been being has have had "
    "having do does "
    "did done can could will would shall should may might must cannot also only just even still yet very too "
    "more most "
    "less least much many few several often always never ever again already last almost nearly quite rather "
    "however therefore "
    "thus hence instead later now today soon well however ago away back etc mr mrs ms dr itself own "
    "whoever whatever everybody everyone everything anybody anyone anything nobody nothing somebody something "
    "n't don't doesn't isn't wasn't aren't weren't didn't can't won't".split()
)
MOST_TOKENS = 160
_ALSO_NOUNS = frozenset(
    "costs plays calls leaves needs works stands forms runs cuts sets reads drives drinks uses saws".split()
)
VERBS = frozenset(
    "made make makes using used use uses takes take took taken given gives give gave became become becomes "
    "known called "
    "named goes go went gone comes come came keeps keep kept held holds hold runs run ran stands stand stood "
    "gets get got "
    "sends send sent needs need let lets said says say written wrote writes built builds build bought sold "
    "found left "
    "put set sets begins began begun grew grown lies lay laid means meant told asked wants carries serves "
    "follows starts "
    "covers reads read posts rolls climbs leads led won lost paid cost costs seen saw shown shows show done "
    "brought met "
    "born died blown hung drawn grown known shown torn eaten written hidden frozen stolen lives lived works "
    "worked remains remain contains contain includes include including based located "
    "due according became caught drawn chosen broken worn spent struck hung thrown taught".split()
)


@dataclass(frozen=True)
class Token:
    start: int
    end: int
    text: str

    @property
    def word(self) -> bool:
        return self.text[-1].isalnum() or self.text[0] in '`"“' or self.text[-1] in "%°"

    @property
    def quoted(self) -> bool:
        return self.text[0] in '`"“' and len(self.text) > 2

    @property
    def number(self) -> bool:
        return any(c.isdigit() for c in self.text) and not self.text[0].isalpha() and not self.quoted

    @property
    def counted(self) -> bool:
        return self.number or self.text.casefold() in NUMBER_WORDS

    @property
    def coded(self) -> bool:
        """Looks like a thing typed rather than said: a flag, a channel, a file name, snake_case."""
        t = self.text
        return t[0] in "#@/" or t.startswith("--") or "_" in t or re.fullmatch(r"\w[\w-]*\.[a-z]\w*", t) is not None

    @property
    def capital(self) -> bool:
        return self.text[0].isupper()

    @property
    def stop(self) -> bool:
        return self.text.casefold() in STOP

    @property
    def verbal(self) -> bool:
        low = self.text.casefold()
        common = (base_form(low) or ("",))[0]
        if (
            not self.capital
            and low.endswith("s")
            and (common in BASE or common in PAST.values())
            and low not in _ALSO_NOUNS
        ):
            return True
        return not self.capital and (low in VERBS or low in PAST or (len(low) > 4 and low.endswith(("ed", "ly"))))


def readable(sentence: str) -> bool:
    """False for what has no end of sentence for very long: a table, code, a list of names. No grammar fits those, and
    reading them clause by clause takes time that grows with the cube of their length."""
    return next(islice(_TOKEN.finditer(sentence), MOST_TOKENS, None), None) is None


def tokens_of(sentence: str) -> list[Token]:
    return [Token(m.start(), m.end(), m.group()) for m in _TOKEN.finditer(sentence)]
