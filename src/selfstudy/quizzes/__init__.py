"""Quizzes for passages that come without an answer key."""
