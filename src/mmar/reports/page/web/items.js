// The list of items: filters above, a row an item, only the rows in sight in the document.

import { counted, el } from './base.js';
import { go, link, note, state } from './address.js';
import { core, groupOf, languageOf, placeOf, prepareAnswers } from './data.js';
import { filtered, GROUPS, problems, runA, runB, SHOWS } from './filter.js';
import { isBlind, isNarrow, kept, square } from './marks.js';
import { addPhrases, t } from './words.js';

addPhrases({
  search: ['Search', '搜索'],
  searchHint: ['search  ( / )', '搜索  ( / )'],
  inAnswers: ['in answers, too', '也搜索回答'],
  show: ['Show', '显示'],
  'show-': ['all items', '全部题目'],
  'show-right': ['A right', 'A 正确'],
  'show-wrong': ['A wrong', 'A 错误'],
  'show-unresolved': ['A unresolved', 'A 无法判定'],
  'show-refused': ['A refused', 'A 拒答'],
  'show-failed': ['A failed', 'A 失败'],
  'show-missing': ['A not asked', 'A 未提问'],
  'show-cut': ['A cut off', 'A 被截断'],
  'show-unsteady': ['A: orders or repeats differ', 'A：不同顺序或重复的回答不一致'],
  'show-scorers': ['A: official ≠ choice', 'A：官方 ≠ 选项'],
  'show-official-only': ['A: official right, choice not', 'A：仅官方判对'],
  'show-choice-only': ['A: choice right, official not', 'A：仅选项判对'],
  'show-differ': ['A and B differ', 'A 与 B 不同'],
  'show-only-a': ['only A right', '仅 A 正确'],
  'show-only-b': ['only B right', '仅 B 正确'],
  'show-both': ['A and B right', 'A 与 B 均正确'],
  'show-neither': ['neither A nor B right', 'A 与 B 均不正确'],
  'show-nobody': ['nobody right', '无人答对'],
  'show-everybody': ['everybody right', '全部答对'],
  'show-disputed': ['disputed key', '答案存疑'],
  every: ['every {what}', '全部{what}'],
  searching: ['searching …', '搜索中……'],
  noneFound: ['No item matches these filters.', '没有符合筛选条件的题目。'],
  listed: ['Items', '题目列表'],
  onlyRule: ['A read by rule {name}', 'A 的判读规则为 {name}'],
  onlyShape: ['A names no choice: {name}', 'A 未给出选项：{name}'],
  remove: ['Remove this filter', '移除此筛选'],
});

/** @type {number[]} the places of the items that the list shows */
export let listed = [];

/** @type {number} */
let selected = 0;

/** @type {() => void} */
let redraw = () => {};

/** The height of the list's window in pixels: kept, because asking for it makes the browser lay the page out. */
let room = 600;

const narrowScreen = window.matchMedia('(max-width: 760px)');

function rowHeight() {
  return narrowScreen.matches ? 66 : 44;
}

/** Find the items of the address anew; which of them is selected follows from the address, too. */
export async function refresh() {
  listed = await filtered();
  const place = placeOf(state().get('i'));
  selected = Math.max(0, place === undefined ? 0 : listed.indexOf(place));
}

/** The position in the list of the item of the address, from 0. */
export function position() {
  return selected;
}

/** @param {HTMLElement} main */
export async function drawItems(main) {
  const status = el('span', { id: 'count', role: 'status' });
  const spacer = el('div', { class: 'spacer', role: 'presentation' });
  const list = el('div', { id: 'list', role: 'listbox', 'aria-label': t('listed'), tabindex: '0' }, spacer);
  let top = 0;
  redraw = () => drawRows(list, spacer, status, top);
  // Rows first, then the place: each change of the document that is followed by a question costs a layout.
  const scroll = (/** @type {number} */ to) => {
    const moved = to !== top;
    top = to;
    redraw();
    if (moved) list.scrollTop = to;
  };
  const update = async () => {
    if (state().get('in') === 'answers') status.textContent = t('searching');
    await refresh();
    scroll(topFor(0));
  };
  reveal = () => scroll(topFor(top));
  main.append(filterBar(update), el('p', { class: 'bar' }, status, ...narrowed()), list);
  await refresh();
  room = list.clientHeight || room;
  scroll(topFor(0));
  let waiting = false;
  let height = rowHeight();
  list.addEventListener('scroll', () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      if (list.scrollTop === top) return;
      top = list.scrollTop;
      redraw();
    });
  });
  new ResizeObserver(() => {
    const changed = list.clientHeight !== room || rowHeight() !== height;
    room = list.clientHeight || room;
    height = rowHeight();
    if (!changed) return;
    redraw();
  }).observe(list);
}

/** Filters without a control of their own, each with a way out. */
function narrowed() {
  return [
    ['rule', 'onlyRule'],
    ['shape', 'onlyShape'],
  ].flatMap(([name, phrase]) => {
    const value = state().get(name);
    if (!value) return [];
    const text = `${t(phrase, { name: value })} ✕`;
    return [el('button', { title: t('remove'), onclick: () => go({ [name]: null, i: null }) }, text)];
  });
}

/** @param {() => Promise<void>} update */
function filterBar(update) {
  const change = (/** @type {string} */ name) => (/** @type {any} */ event) => {
    history.pushState(null, '', link({ [name]: event.target.value, i: null }));
    void update();
  };
  const choose = (
    /** @type {string} */ name,
    /** @type {string} */ label,
    /** @type {[string, string][]} */ options,
    /** @type {string} */ chosen,
  ) =>
    el(
      'select',
      { 'aria-label': label, 'data-filter': name, onchange: change(name) },
      ...options.map(([value, text]) => el('option', { value, selected: value === chosen }, text)),
    );
  const { runs } = core;
  const parts = state();
  const shows = ['', ...Object.keys(SHOWS).filter(offered)];
  let timer = 0;
  const search = el('input', {
    id: 'search',
    type: 'search',
    'aria-label': t('search'),
    placeholder: t('searchHint'),
    value: parts.get('q'),
    onfocus: () => state().get('in') === 'answers' && void prepareAnswers(),
    oninput: (/** @type {any} */ event) => {
      clearTimeout(timer);
      timer = window.setTimeout(() => {
        note({ q: event.target.value, i: null });
        void update();
      }, 60);
    },
  });
  const inAnswers = el('input', {
    type: 'checkbox',
    id: 'in-answers',
    checked: parts.get('in') === 'answers',
    onchange: (/** @type {any} */ event) => {
      note({ in: event.target.checked ? 'answers' : null });
      if (event.target.checked) void prepareAnswers();
      void update();
    },
  });
  const runNames = runs.map((run) => /** @type {[string, string]} */ ([run.key, `${run.number} ${run.name}`]));
  return el(
    'div',
    { class: 'bar filters' },
    search,
    runs.length > 0 &&
      core.textMode !== 'none' &&
      el('span', { class: 'check' }, inAnswers, el('label', { for: 'in-answers' }, ` ${t('inAnswers')}`)),
    el(
      'details',
      { class: 'more', open: !narrowScreen.matches },
      el('summary', {}, t('filter')),
      el(
        'div',
        { class: 'bar' },
        runs.length > 0 &&
          choose(
            'show',
            t('show'),
            shows.map((name) => [name, t(`show-${name}`)]),
            parts.get('show') || '',
          ),
        runs.length > 1 &&
          choose(
            'a',
            `${t('run')} A`,
            runNames.map(([key, name]) => [key, `A: ${name}`]),
            runA().key,
          ),
        runs.length > 1 &&
          choose(
            'b',
            `${t('run')} B`,
            runNames.map(([key, name]) => [key, `B: ${name}`]),
            runB().key,
          ),
        ...Object.entries(GROUPS).map(([name, dimension]) =>
          choose(
            name,
            t(dimension),
            [['', t('every', { what: t(dimension) })], ...core.items.names[dimension].map((each) => pair(each))],
            parts.get(name) || '',
          ),
        ),
      ),
    ),
  );
}

/** @param {string} name of a filter; one that could never show an item is not offered */
function offered(name) {
  return SHOWS[name].runs <= core.runs.length && (name !== 'unsteady' || core.runs.some((run) => run.steady));
}

/**
 * @param {string} name
 * @returns {[string, string]}
 */
function pair(name) {
  return [name, name];
}

/**
 * @param {HTMLElement} list
 * @param {HTMLElement} spacer
 * @param {HTMLElement} status
 * @param {number} top pixels above the window
 */
function drawRows(list, spacer, status, top) {
  const height = rowHeight();
  spacer.style.height = `${listed.length * height}px`;
  const first = Math.max(0, Math.floor(top / height) - 3);
  const last = Math.min(listed.length, Math.ceil((top + room) / height) + 3);
  const strips = !isBlind();
  const narrow = isNarrow();
  const rows = [];
  for (let at = first; at < last; at++) rows.push(itemRow(at, height, strips, narrow));
  if (!listed.length) {
    // What the address asks for and the page does not have is said above the list.
    const why = problems().length ? null : el('p', {}, t('noneFound'));
    rows.push(el('div', { class: 'none' }, why, el('a', { href: clearLink() }, t('clearFilters'))));
  }
  spacer.replaceChildren(...rows);
  if (listed.length) list.setAttribute('aria-activedescendant', `row-${selected}`);
  else list.removeAttribute('aria-activedescendant');
  status.textContent = t('ofItems', { k: counted(listed.length), n: counted(core.items.id.length) });
}

function clearLink() {
  return link({ v: 'items', ...kept() }, true);
}

/**
 * @param {number} at position in the list
 * @param {number} height
 * @param {boolean} strips whether to show the runs' squares
 * @param {boolean} narrow without their letters
 */
function itemRow(at, height, strips, narrow) {
  const place = listed[at];
  const row = el(
    'div',
    {
      class: 'row',
      id: `row-${at}`,
      role: 'option',
      'aria-selected': String(at === selected),
      'aria-setsize': listed.length,
      'aria-posinset': at + 1,
      'data-id': core.items.id[place],
      onclick: () => openItem(at),
    },
    el('span', { class: 'question told', lang: languageOf(place), dir: 'auto' }, core.items.question[place] || '–'),
    el('small', { class: 'quiet group' }, groupOf('modality', place)),
    strips &&
      core.runs.length > 0 &&
      el('span', { class: 'strip' }, ...core.runs.map((run) => square(run, place, narrow))),
  );
  row.style.top = `${at * height}px`;
  return row;
}

/** Scroll to the selected item, and draw. */
let reveal = () => {};

/**
 * Where the list must be scrolled to for the selected item to be seen.
 * @param {number} top where it is
 */
function topFor(top) {
  const height = rowHeight();
  const row = selected * height;
  if (row >= top && row + height <= top + room) return top;
  const end = Math.max(0, listed.length * height - room);
  return Math.max(0, Math.min(end, Math.round(row - room / 2)));
}

/** @param {number} at */
function openItem(at) {
  go({ v: 'item', i: core.items.id[listed[at]], t: null });
}

/** Open the selected item. */
export function openSelected() {
  if (listed.length) openItem(selected);
}

/**
 * Go to the next or the previous item, in the list or in the view of an item.
 * @param {number} step
 */
export function move(step) {
  const next = Math.min(listed.length - 1, Math.max(0, selected + step));
  if (!listed.length || (next === selected && state().get('i'))) return;
  selected = next;
  const list = document.getElementById('list');
  if (!list) {
    go({ i: core.items.id[listed[next]], t: null });
    return;
  }
  note({ i: core.items.id[listed[next]] });
  reveal();
}
