"""Whatever is done to versions, a dict says what must be seen."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from selfstudy.store.open import open_store
from tests.store.small import candidate, folder_in_memory


class VersionsModel(RuleBasedStateMachine):
    """The model: which versions were published or refused, and which one is current."""

    @initialize()
    def begin(self) -> None:
        self.open = ExitStack()
        self.store = open_store(self.open.enter_context(folder_in_memory()))
        self.published: dict[str, bool] = {}
        self.parents: dict[str, str | None] = {}
        self.current: str | None = None

    @rule(published=st.booleans())
    def learn(self, published: bool) -> None:
        self._add(published, self.current)

    @precondition(lambda self: self.published)
    @rule(published=st.booleans(), data=st.data())
    def learn_late(self, published: bool, data: st.DataObject) -> None:
        expected = data.draw(st.sampled_from([None, *self.published]))
        self._add(published, expected)

    def _add(self, published: bool, expected: str | None) -> None:
        made = candidate(self.store, published=published, parent=expected, job=len(self.published))
        if published and expected != self.current:
            with pytest.raises(ValueError, match="it was changed meanwhile"):
                self.store.versions.add(made, expected)
            return
        name = f"v{len(self.published) + 1}"
        assert self.store.versions.add(made, expected).name == name
        self.published[name] = published
        self.parents[name] = expected
        if published:
            self.current = name

    @rule(data=st.data())
    def roll_back(self, data: st.DataObject) -> None:
        names = [None, "v77", *self.published]
        name, expected = data.draw(st.sampled_from(names)), data.draw(st.sampled_from([self.current, *names]))
        if (name is None or self.published.get(name)) and expected == self.current:
            self.store.versions.point(name, expected)
            self.current = name
        else:
            with pytest.raises(ValueError):
                self.store.versions.point(name, expected)

    @rule()
    def open_again(self) -> None:
        self.store = open_store(self.store.folder)

    @invariant()
    def agrees(self) -> None:
        found = self.store.versions.all()
        assert {v.name: v.gate.published for v in found} == self.published
        assert {v.name: v.parent for v in found} == self.parents
        now = self.store.versions.current()
        assert (None if now is None else now.name) == self.current
        assert now is None or self.store.blobs.get(now.adapter) == b"adapter"

    def teardown(self) -> None:
        self.open.close()


VersionsModel.TestCase.settings = settings(max_examples=15, stateful_step_count=20)
test_versions_against_a_model = VersionsModel.TestCase
