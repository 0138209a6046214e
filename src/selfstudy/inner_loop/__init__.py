"""Self-edit → adapter → quiz → outcome, and races between sibling self-edits."""
