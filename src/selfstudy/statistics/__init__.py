"""Numbers in, numbers out: intervals, paired tests, reliability, regret, agreement."""
