"""Whether a free answer to a question is right. No model, no network: words are compared."""
