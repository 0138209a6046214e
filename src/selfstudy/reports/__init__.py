"""What a learning job did, as one self-contained HTML page."""
