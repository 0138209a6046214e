"""What was done and what was learned, on disk: one folder with a database and blobs.

Start at `open.open_store`. Nothing is imported here, so that importing `selfstudy.store` stays light. The room uses
POSIX locks and owners: Linux and macOS, on a local disk.
"""
