"""The screens."""

import os

# A change that comes right after a paint waits for one or two turns of this clock: at the 60 a second that Textual
# has without it, a key could be answered 33 ms late.
os.environ.setdefault("TEXTUAL_FPS", "120")
