"""Learn a document set, forget nothing: training with the base held in place, and routing between base and adapter."""
