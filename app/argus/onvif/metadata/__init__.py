"""The metadata stream: events of the device, and what is seen in the picture, as XML beside video and audio."""
