"""How a learner is changed: the rule that says what rows teach, and the recipe that trains on it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from selfstudy.domain.directives import Directives, UpdateRule
from selfstudy.domain.recipe import UpdateRecipe


@dataclass(frozen=True)
class Update:
    """A recipe with the rule by which rows become what it trains on (`inner_loop.update_rules`)."""

    recipe: UpdateRecipe = field(default_factory=UpdateRecipe)
    rule: UpdateRule = "sft"

    def directed(self, directives: Directives) -> Update:
        """This update with what `directives` decide put in."""
        recipe = self.recipe
        if directives.learning_rate is not None:
            recipe = replace(recipe, learning_rate=directives.learning_rate)
        if directives.epochs is not None:
            recipe = replace(recipe, epochs=directives.epochs)
        return Update(recipe, directives.rule or self.rule)
