"""Which weights and how to load them; messages to tokens and back; a tiny random model for tests.

Start at `load.load` (a name or a path gives a `LoadedModel`) and `chat.ChatForm` (the one prompt form). Nothing is
imported here, so that importing `selfstudy.models` stays free of torch.
"""
