"""One step of the schema a file. A step that was released is never changed: a store may stand after it."""
