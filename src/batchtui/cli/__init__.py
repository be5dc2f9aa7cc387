"""The commands: thin, on the same services as the screens, for people, scripts and cron."""
