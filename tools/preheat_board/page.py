"""The whole page around the board: the filter, the updates, and the words for old data.

Loads nothing from anywhere: its policy allows its own style, its own script and its own address only.
"""

import base64
import hashlib
from importlib.resources import files
from typing import Final

from preheat.domain.printable import escape
from preheat.domain.verdict.causes import URGENCY

SCRIPT: Final = files("preheat_board").joinpath("page.js").read_text(encoding="utf-8")
POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; form-action 'none'; script-src"
    f" 'sha256-{base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()}'"
)
STYLE: Final = """
html{color-scheme:light dark}
body{margin:0;background:#fff;color:#14181f;font:16px/1.4 system-ui,sans-serif}
.tools{display:flex;gap:.4rem 1rem;flex-wrap:wrap;align-items:center;padding:.5rem .8rem}
.tools input,.tools select{font:inherit;padding:.25rem .4rem;color:inherit;background:transparent;
border:1px solid #76808c;border-radius:4px;max-width:12rem}
.tools option{color:#14181f;background:#fff}
.tools input:focus-visible,.tools select:focus-visible{outline:3px solid #0b4f9e}
#note{position:sticky;top:0;z-index:1;margin:0;padding:.5rem .8rem;font-size:1.5rem;font-weight:700;color:#fff;
background:#a8071a}
#note.file{position:static;font-size:1rem;color:inherit;background:none}
#part.stale .pb{border:.5rem solid #a8071a}
.pb .old{display:none}
.aside{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);margin:0}
[hidden]{display:none!important}
@media (prefers-color-scheme:dark){body{background:#11151b;color:#eef1f5}
.tools option{color:#eef1f5;background:#1a2029}
.tools input:focus-visible,.tools select:focus-visible{outline-color:#8fc0ff}}
"""


def wrap(part: str, title: str) -> str:
    """Return the page that shows a rendered board, and keeps it up to date if a server serves it."""
    states = "".join(f"<option>{state}</option>" for state in URGENCY)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Preheat board: {escape(title)}</title><style>{STYLE}</style></head><body>"
        '<main><p id="note" role="alert" hidden></p><div class="tools" role="search">'
        '<label>Filter <input id="filter" type="search" autocomplete="off" placeholder="model or schedule"></label>'
        f'<label>State <select id="state"><option value="">all</option>{states}</select></label>'
        '<span id="shown" role="status"></span></div>'
        f'<div id="part">{part}</div><p id="news" class="aside" role="status"></p></main>'
        f"<script>{SCRIPT}</script></body></html>"
    )
