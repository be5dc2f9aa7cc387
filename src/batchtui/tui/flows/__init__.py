"""What happens between a key and its effect: ask, do, tell. Each is a coroutine that outlives its screen."""
