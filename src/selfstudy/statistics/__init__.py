"""Numbers in, numbers out: intervals and agreement."""
