"""What a state costs."""
