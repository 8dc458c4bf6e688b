"""What holds from one frame to the next."""
