"""The oracle: PEFT's LoRA with torch's AdamW, one adapter alone, one row after another, nothing packed."""

from __future__ import annotations

import copy
import random
from collections.abc import Sequence

import torch
from peft import LoraConfig, get_peft_model
from torch import nn
from torch.optim.swa_utils import AveragedModel

from selfstudy.domain.recipe import UpdateRecipe
from selfstudy.domain.token_row import TokenRow
from selfstudy.engine.adapter import Adapter
from selfstudy.engine.contract import TrainJob


def row_loss(logits_LV: torch.Tensor, row: TokenRow) -> torch.Tensor:
    """Weighted sum of the row's losses, written from the definition."""
    total = logits_LV.new_zeros(())
    for number, position in enumerate(row.trained):
        logprob_V = logits_LV[position - 1].log_softmax(0)
        if row.loss == "cross_entropy":
            loss = -logprob_V[row.ids[position]]
        else:
            assert row.targets is not None
            target = row.targets[number]
            teacher = torch.tensor(target.logprobs, dtype=logits_LV.dtype)
            student = logprob_V[list(target.ids)]
            loss = (teacher.exp() * (teacher - student)).sum()
            rest, student_rest = 1 - teacher.exp().sum(), 1 - student.exp().sum()
            loss = loss + rest * (rest.log() - student_rest.log())
        total = total + row.weights[position] * loss
    return total


def train_alone(
    model: nn.Module, start: Adapter, job: TrainJob
) -> tuple[list[float], dict[str, tuple[torch.Tensor, torch.Tensor]]]:
    """Per-step losses and final weights of `job`, beginning from the same initial weights `start`."""
    recipe: UpdateRecipe = job.recipe
    config = LoraConfig(
        r=recipe.rank,
        lora_alpha=recipe.alpha,
        target_modules=list(start.weights),
        lora_dropout=0.0,
        task_type="CAUSAL_LM",
    )
    dtype = next(model.parameters()).dtype
    model = copy.deepcopy(model)
    for frozen in job.frozen:
        for path, (a, b) in frozen.weights.items():
            module = model.get_submodule(path)
            module.weight.data += frozen.scale * (b.to(dtype) @ a.to(dtype))
    peft = get_peft_model(model, config, autocast_adapter_dtype=False).to(dtype)
    modules = {path: peft.base_model.model.get_submodule(path) for path in start.weights}
    for path, (a, b) in start.weights.items():
        modules[path].lora_A["default"].weight.data = a.to(dtype).clone()
        modules[path].lora_B["default"].weight.data = b.to(dtype).clone()
    parameters = [p for p in peft.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(
        parameters, lr=recipe.learning_rate, betas=recipe.betas, eps=recipe.epsilon, weight_decay=recipe.weight_decay
    )
    mean = AveragedModel(peft)
    generator, losses = random.Random(job.seed), []
    steps: list[Sequence[int]] = []
    for _ in range(recipe.epochs):
        rows = list(range(len(job.rows)))
        generator.shuffle(rows)
        steps += [rows[i : i + recipe.rows_per_step] for i in range(0, len(rows), recipe.rows_per_step)]
    for number, batch in enumerate(steps):
        for group in optimizer.param_groups:
            group["lr"] = recipe.learning_rate * (1 - number / len(steps))
        weight = sum(sum(job.rows[i].weights) for i in batch)
        loss = (
            sum(row_loss(peft(input_ids=torch.tensor([job.rows[i].ids])).logits[0], job.rows[i]) for i in batch)
            / weight
        )
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, recipe.clip_norm)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
        if number >= len(steps) - recipe.averaged * len(steps):
            mean.update_parameters(peft)
    if recipe.averaged:
        for parameter, of_mean in zip(peft.parameters(), mean.module.parameters(), strict=True):
            parameter.data = of_mean.data
    return losses, {
        path: (m.lora_A["default"].weight.data, m.lora_B["default"].weight.data) for path, m in modules.items()
    }
