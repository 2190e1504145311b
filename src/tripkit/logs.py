"""What the server logs, and how."""
