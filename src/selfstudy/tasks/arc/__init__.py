"""Few-shot puzzles on coloured grids (ARC): reading them, and the tasks that a learner trains on for one of them.

Start at `subsets.load` (a name, a folder or a file gives puzzles), `augment.training_tasks` (a puzzle and a plan give
training tasks) and `prompt.training_row` (a training task gives a row).
"""
