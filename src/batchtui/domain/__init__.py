"""What a batch, a request, a result and a job are: pure code that knows no disk, network or screen."""
