"""Many LoRA adapters over one frozen base: train, generate, score, merge.

Every call names the adapters it means. Shape letters used in tensor names in this room:

T tokens packed in one pass · R rows · L longest row · P tokens of a shared prefix · K adapter slots ·
M longest slot in tokens · r rank · I, O input and output width of a projection · H hidden width · V vocabulary ·
N query heads · G key/value heads · D head width · F flat parameters of one adapter
"""
