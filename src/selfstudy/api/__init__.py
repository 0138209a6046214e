"""What the commands do, for Python: `from selfstudy import Study`."""
