"""Questions made from a sentence and an answer span by rules of English grammar; `wordings` is the way in."""
