"""Knowledge incorporation on SQuAD passages as SEAL measures it: data, presets, the table, the reward study."""
