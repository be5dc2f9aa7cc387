"""What exports are made of: each format, and how a file gets into its place."""
