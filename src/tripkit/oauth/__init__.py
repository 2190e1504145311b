"""Sign-in providers: Google, Facebook, and any that speak OpenID Connect."""
