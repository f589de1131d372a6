"""The whole page around the board: the filter, the updates, and the words for old data.

Loads nothing from anywhere: its policy allows its own style, its own script and its own address only.
"""

import base64
import hashlib
from html import escape
from typing import Final

SCRIPT: Final = """
(() => {
  const part = document.getElementById('part'), note = document.getElementById('note');
  const box = document.getElementById('filter'), every = 10000, served = location.protocol !== 'file:';
  let last = null, at = Date.now();
  const filter = () => {
    const word = box.value.trim().toLowerCase();
    for (const row of part.querySelectorAll('[data-model]'))
      row.hidden = word !== '' && !row.dataset.model.includes(word) && !row.dataset.state.includes(word);
    if (word !== '') for (const group of part.querySelectorAll('details')) group.open = true;
  };
  const age = () => {
    const seconds = Math.round((Date.now() - at) / 1000);
    note.hidden = served && seconds <= 45;
    if (!note.hidden) note.textContent = served
      ? `This data is ${seconds} s old: the board gets no answer.` : 'This page is a file. It does not update.';
  };
  const show = text => {
    if (text === last) return;
    const first = last === null, held = document.activeElement?.closest('details')?.dataset.group;
    const open = new Set([...part.querySelectorAll('details')].filter(one => one.open).map(one => one.dataset.group));
    last = text;
    part.innerHTML = text;
    if (!first) for (const group of part.querySelectorAll('details')) {
      group.open = open.has(group.dataset.group);
      if (group.dataset.group === held) group.querySelector('summary').focus();
    }
    filter();
  };
  const load = async () => {
    try {
      const answer = await fetch('part', {cache: 'no-store'});
      if (answer.ok) { at = Date.now(); show(await answer.text()); }
    } catch { /* said by its age */ }
    age();
  };
  box.addEventListener('input', filter);
  age();
  if (served) { load(); setInterval(load, every); }
})();
"""
POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; form-action 'none'; script-src"
    f" 'sha256-{base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()}'"
)
STYLE: Final = """
body{margin:0;background:#fff;color:#14181f;font:16px system-ui,sans-serif}
@media (prefers-color-scheme:dark){body{background:#11151b;color:#eef1f5}}
.tools{display:flex;gap:.5rem 1.5rem;flex-wrap:wrap;align-items:center;padding:.6rem 1rem;max-width:120rem;margin:auto}
#filter{font:inherit;padding:.3rem .5rem;color:inherit;background:transparent;
border:1px solid #76808c;border-radius:4px}
#note{font-weight:700;border:2px solid currentColor;padding:.2rem .6rem;margin:0}
[hidden]{display:none!important}
"""


def wrap(part: str, title: str) -> str:
    """Return the page that shows a rendered board, and keeps it up to date if a server serves it."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Preheat board: {escape(title)}</title><style>{STYLE}</style></head><body><main>"
        '<div class="tools"><label>Filter <input id="filter" type="search" autocomplete="off"></label>'
        f'<p id="note" role="status" hidden></p></div><div id="part">{part}</div></main>'
        f"<script>{SCRIPT}</script></body></html>"
    )
