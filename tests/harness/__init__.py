"""What several tests use to drive the running product from outside."""
