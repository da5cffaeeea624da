"""Label Studio for a team, in containers: the compose file, and the secrets that it asks for."""
