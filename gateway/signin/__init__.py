"""Who sits before the screen: officials and people who sign in, and how long they stay so."""
