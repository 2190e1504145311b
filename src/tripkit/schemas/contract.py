"""What a server and the programs that call it have agreed on."""

from typing import Final

#: Major and minor: another major one works differently, a higher minor one offers more.
API: Final = (1, 0)
#: Every answer of a server says in it which contract it keeps: `1.0`.
API_HEADER: Final = "tripkit-api"
