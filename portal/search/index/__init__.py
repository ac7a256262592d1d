"""The embedded text index on disk. Nothing outside this folder imports whoosh."""
