// Keeps the served board up to date without a flicker: only what has changed is touched. Filters it, counts down to the
// next shift, and says when the data is old. A page in a file only filters.
(() => {
  'use strict';
  const EVERY = 10000, OLD = 45000;
  const [part, note, box, choice, shown, news] =
    ['part', 'note', 'filter', 'state', 'shown', 'news'].map(id => document.getElementById(id));
  const served = location.protocol !== 'file:';
  const opened = new Map();
  let heard = Date.now(), apart = 0, last = null, reason = '', filtered = false;

  const keyOf = node => node.nodeType === Node.ELEMENT_NODE ? node.dataset.key : undefined;
  const isOurs = (node, name) => name === 'hidden' || (name === 'open' && node.nodeName === 'DETAILS');

  const patch = (old, fresh) => {
    if (old.isEqualNode(fresh)) return;
    if (old.nodeName !== fresh.nodeName || keyOf(old) !== keyOf(fresh)) return old.replaceWith(fresh);
    if (old.nodeType !== Node.ELEMENT_NODE) { old.data = fresh.data; return; }
    for (const {name, value} of [...fresh.attributes])
      if (!isOurs(old, name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
    for (const {name} of [...old.attributes])
      if (!isOurs(old, name) && !fresh.hasAttribute(name)) old.removeAttribute(name);
    patchAll(old, fresh);
  };
  const patchAll = (old, fresh) => {
    const keyed = new Map();
    for (const child of old.children) if (keyOf(child) !== undefined) keyed.set(keyOf(child), child);
    let at = old.firstChild;
    for (const child of [...fresh.childNodes]) {
      const key = keyOf(child), match = keyed.get(key);
      if (match) {
        keyed.delete(key);
        if (match === at) at = at.nextSibling; else old.insertBefore(match, at);
        patch(match, child);
      } else if (at && key === undefined && keyOf(at) === undefined && at.nodeName === child.nodeName) {
        const next = at.nextSibling;
        patch(at, child);
        at = next;
      } else old.insertBefore(child, at);
    }
    while (at) { const next = at.nextSibling; at.remove(); at = next; }
  };

  const filter = () => {
    const word = box.value.trim().toLowerCase(), state = choice.value, wanted = word !== '' || state !== '';
    const groups = [...part.querySelectorAll('details')];
    if (wanted && !filtered) for (const group of groups) opened.set(group, group.open);
    let count = 0, all = 0;
    for (const row of part.querySelectorAll('[data-state]')) {
      const out = (word !== '' && !row.dataset.words.toLowerCase().includes(word))
        || (state !== '' && row.dataset.state !== state);
      if (row.hidden !== out) row.hidden = out;
      all += 1;
      count += !out;
    }
    for (const group of groups) {
      const empty = wanted && !group.querySelector('[data-state]:not([hidden])');
      const outer = group.closest('.alike') ?? group;
      if (outer.hidden !== empty) outer.hidden = empty;
      if (wanted) group.open = true; else if (filtered && opened.has(group)) group.open = opened.get(group);
    }
    filtered = wanted;
    shown.textContent = wanted ? `${count} of ${all} models shown` : '';
  };
  const choose = () => {
    const named = new URLSearchParams({...(box.value && {filter: box.value}), ...(choice.value && {state: choice.value})});
    history.replaceState(null, '', `#${named}`);
    filter();
  };
  const recall = () => {
    const named = new URLSearchParams(location.hash.slice(1));
    box.value = named.get('filter') ?? '';
    choice.value = named.get('state') ?? '';
    filter();
  };

  const countDown = () => {
    for (const each of part.querySelectorAll('.away')) {
      const left = Math.round((Date.parse(each.dateTime) - Date.now() + apart) / 1000);
      const [hours, minutes, seconds] = [left / 3600, (left % 3600) / 60, left % 60].map(Math.floor);
      const two = number => String(number).padStart(2, '0');
      each.textContent = left <= 0 ? 'now' : `in ${hours ? `${hours}:${two(minutes)}` : minutes}:${two(seconds)}`;
    }
  };
  const tellAge = () => {
    const age = Date.now() - heard, old = reason !== '' || age > OLD, asOf = part.querySelector('.asof')?.textContent;
    note.hidden = served && !old;
    note.className = served ? '' : 'file';
    part.classList.toggle('stale', served && old);
    const text = served ? `This data is ${Math.round(age / 1000)} s old. ${reason || 'The board gets no answer.'}`
      : `This page is a file from ${asOf ?? 'an earlier time'}. It does not update.`;
    if (!note.hidden && note.textContent !== text) note.textContent = text;
  };
  const count = () => {
    let fails = 0;
    for (const each of part.querySelectorAll('.states .fails b')) fails += Number(each.textContent);
    const title = document.title.replace(/^\(\d+\) /, '');
    document.title = fails ? `(${fails}) ${title}` : title;
  };
  const tick = () => { if (served) countDown(); tellAge(); };

  const show = text => {
    const before = part.querySelector('#pb-trouble')?.textContent;
    if (text !== last) {
      const fresh = document.createElement('template');
      fresh.innerHTML = text;
      patchAll(part, fresh.content);
      last = text;
      filter();
      count();
    }
    const asOf = Date.parse(part.querySelector('.asof')?.dateTime ?? '');
    if (!Number.isNaN(asOf)) apart = Date.now() - asOf;
    const after = part.querySelector('#pb-trouble')?.textContent ?? '';
    if (before !== undefined && after !== before) news.textContent = after;
  };
  const load = async () => {
    try {
      const answer = await fetch('part', {cache: 'no-store', signal: AbortSignal.timeout(30000)});
      const text = await answer.text();
      if (answer.ok) { heard = Date.now(); reason = ''; show(text); } else reason = text.slice(0, 300);
    } catch { reason = ''; }
    tick();
  };

  for (const each of [box, choice]) each.addEventListener('input', choose);
  addEventListener('hashchange', recall);
  addEventListener('keydown', event => {
    if (event.key === '/' && document.activeElement !== box) { event.preventDefault(); box.focus(); }
    if (event.key === 'Escape' && (box.value || choice.value)) { box.value = choice.value = ''; choose(); }
  });
  recall();
  count();
  tick();
  if (!served) return;
  load();
  setInterval(load, EVERY);
  setInterval(tick, 1000);
  document.addEventListener('visibilitychange', () => { if (!document.hidden) load(); });
})();
