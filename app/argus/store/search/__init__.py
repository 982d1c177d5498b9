"""What was recorded and when: sessions, filters, time lines."""
