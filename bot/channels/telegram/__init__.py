"""Signpost on Telegram. One idea a file:

incoming   an update -> what was asked, or nothing at all
render     a Reply -> messages as Telegram takes them; spans does the escaping and the cutting
sending    the Bot API calls that put a reply in a chat, and what to do when one fails
handlers   joins these to the assistant
memory     which reply answered which message, so that an edited question updates its answer
order      the updates of one chat one after the other, chats side by side
polling    fetches updates, and lets Telegram forget one only when it is answered
profile    the commands and the description that people see before they write
logs       keeps the token and every message out of the log
run        builds all this and runs it until it is told to stop
"""

import os

# The library's switch to durations as `timedelta`: without it, every flood limit gives a deprecation warning.
os.environ.setdefault("PTB_TIMEDELTA", "true")
