"""What one digit is read as, and why."""
