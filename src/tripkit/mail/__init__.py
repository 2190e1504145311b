"""Messages to people: what they say (`messages`), and the ways they go out (`console`, `smtp`)."""
