"""Plans that several people have."""

from typing import Literal

#: What somebody is to a plan, from the least to the most.
Role = Literal["viewer", "editor", "owner"]
#: What can be done with a plan and its parts; `services.policy` says who may.
Action = Literal[
    "read", "copy", "see_members", "leave", "take_over", "edit", "see_links", "share", "publish", "trash", "transfer"
]
