// The page of a report or of a benchmark: its frame, its places, its keys.

import './phrases.js';
import { el } from './base.js';
import { go, link, state } from './address.js';
import { core, load, prepareAnswers } from './data.js';
import { drawAbout } from './about.js';
import { toggleThinking } from './answer_card.js';
import { drawCompare, swapRuns } from './compare.js';
import { problems } from './filter.js';
import { drawItem, firstPlayer, silence } from './item.js';
import { drawItems, move, openSelected } from './items.js';
import { isBlind, itemsText, kept } from './marks.js';
import { drawOverview } from './overview.js';
import { drawBrowser } from './rings.js';
import { addPhrases, language, speak, t } from './words.js';

addPhrases({
  'key-move': ['next, previous item', '下一题、上一题'],
  'key-open': ['open the item', '打开题目'],
  'key-up': ['back to the list, to the overview', '返回列表、概览'],
  'key-play': ['play, pause', '播放、暂停'],
  'key-skip': ['back, forward 2 seconds', '后退、前进 2 秒'],
  'key-thinking': ['fold, unfold the thinking', '折叠、展开思考'],
  'key-runs': ['choose run A, run B', '选择运行 A、B'],
  'key-swap': ['swap A and B', '交换 A 与 B'],
  'key-search': ['search', '搜索'],
  'key-places': ['the places of the page', '页面各视图'],
  'key-copy': ['copy the link', '复制链接'],
  'key-blind': ['blind mode', '盲听模式'],
  'key-language': ['English, Chinese', '英文、中文'],
  'key-help': ['this list', '此列表'],
});

const KEYS = [
  ['j k ↓ ↑ → ←', 'key-move'],
  ['Enter', 'key-open'],
  ['u Esc', 'key-up'],
  ['Space', 'key-play'],
  [', .', 'key-skip'],
  ['t', 'key-thinking'],
  ['a b', 'key-runs'],
  ['x', 'key-swap'],
  ['/', 'key-search'],
  ['1 2 3 4', 'key-places'],
  ['y', 'key-copy'],
  ['h', 'key-blind'],
  ['l', 'key-language'],
  ['?', 'key-help'],
];

/** The places of the page, in the order of their keys. */
function views() {
  return core.runs.length > 1 ? ['overview', 'items', 'compare', 'about'] : ['overview', 'items', 'about'];
}

/** @type {Record<string, (main: HTMLElement) => Promise<void>>} */
const DRAW = {
  overview: (main) => (core.runs.length ? drawOverview(main) : drawBrowser(main)),
  items: drawItems,
  item: drawItem,
  compare: drawCompare,
  about: drawAbout,
};

function currentView() {
  return state().get('v') || 'overview';
}

/** @param {string} view */
function viewLink(view) {
  const parts = state();
  const runs = { a: parts.get('a'), b: parts.get('b') };
  return link({ v: view, ...runs, ...kept() }, true);
}

function frame() {
  const { benchmark, runs } = core;
  const facts = [benchmark.name, itemsText(benchmark.n)];
  if (runs.length) facts.push(runs.length === 1 ? t('oneRun') : t('runsOf', { n: runs.length }));
  const current = currentView();
  return el(
    'header',
    { class: 'top' },
    el('h1', {}, benchmark.title === benchmark.name ? 'mmar' : `mmar · ${benchmark.title}`),
    el(
      'nav',
      { 'aria-label': t('views') },
      ...views().map((view) =>
        el(
          'a',
          {
            href: viewLink(view),
            'aria-current': (view === current || (view === 'items' && current === 'item')) && 'page',
          },
          t(view),
        ),
      ),
    ),
    el('small', { class: 'quiet' }, facts.join(' · ')),
    el(
      'div',
      { class: 'tools' },
      el(
        'button',
        { id: 'blind', 'aria-pressed': String(isBlind()), title: t('blindHint'), onclick: toggleBlind },
        t('blind'),
      ),
      el('button', { id: 'language', onclick: switchLanguage }, t('otherLanguage')),
      el('button', { id: 'copy', title: `${t('copyLink')} (y)`, onclick: copyLink }, t('copyLink')),
      el('button', { id: 'help', 'aria-label': t('keys'), title: t('keys'), onclick: showKeys }, '?'),
    ),
  );
}

function toggleBlind() {
  go({ blind: isBlind() ? null : 1 });
}

function switchLanguage() {
  go({ l: language() === 'zh' ? 'en' : 'zh' });
}

async function copyLink() {
  const player = firstPlayer();
  const time = player?.audio?.currentTime;
  const address = location.href.replace(/#.*$/, '') + link(time ? { t: time.toFixed(1) } : {});
  try {
    await navigator.clipboard.writeText(address);
    say(t('copied'));
  } catch {
    openDialog(
      el('p', {}, t('copyHere')),
      el('input', { value: address, readonly: true, 'aria-label': t('copyLink'), size: 60 }),
    );
  }
}

/** @param {string} text */
function say(text) {
  const toast = document.getElementById('said');
  if (toast) toast.textContent = text;
}

/** @param {Node[]} content */
function openDialog(...content) {
  const dialog = el('dialog', {}, ...content, el('form', { method: 'dialog' }, el('button', {}, t('close'))));
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

function showKeys() {
  const rows = KEYS.map(([keys, phrase]) =>
    el('tr', {}, el('td', {}, ...keys.split(' ').map((key) => el('kbd', {}, key))), el('td', {}, t(phrase))),
  );
  openDialog(el('h2', {}, t('keys')), el('table', { class: 'keys' }, el('tbody', {}, ...rows)));
}

/** @type {string | null} */
let drawn = null;

/** @type {number} counts the drawings, so that one that took longer than the next is dropped */
let turn = 0;

async function render() {
  if (location.hash === drawn) return;
  const first = drawn === null;
  drawn = location.hash;
  turn += 1;
  const mine = turn;
  speak(state().get('l') ?? language());
  silence();
  const view = currentView();
  document.body.dataset.view = view;
  const main = el('main', { tabindex: '-1', 'data-view': view });
  const focused = document.activeElement?.id;
  const trouble = DRAW[view] ? problems() : [t('noView', { name: view.slice(0, 80) })];
  const top = frame();
  document.body.querySelectorAll(':scope > header, :scope > main, :scope > footer').forEach((each) => each.remove());
  document.body.append(top, main, el('footer', { id: 'said', role: 'status', class: 'quiet small' }));
  for (const line of trouble) main.append(el('p', { class: 'problem', role: 'alert' }, line));
  await (DRAW[view] ?? DRAW.overview)(main);
  if (mine !== turn) {
    main.remove();
    return;
  }
  document.title = `${view === 'item' ? `${state().get('i')} · ` : ''}${t(view)} · ${core.benchmark.name} · mmar`;
  const again = focused && document.getElementById(focused);
  if (again) again.focus();
  else if (view === 'items') document.getElementById('list')?.focus();
  else if (!first) main.focus({ preventScroll: true });
  if (!first && view !== 'items') window.scrollTo(0, 0);
  main.dataset.ready = 'yes';
  main.dataset.address = drawn;
}

/** @param {string} name */
function focusPicker(name) {
  const picker = /** @type {HTMLElement | null} */ (document.querySelector(`[data-filter="${name}"]`));
  const folded = picker?.closest('details');
  if (folded) folded.open = true;
  picker?.focus();
}

function up() {
  const view = currentView();
  if (view === 'item') go({ v: 'items', t: null });
  else if (view !== 'overview') location.hash = viewLink('overview');
}

/** @type {Record<string, () => void>} what a key does in every view */
const ACTIONS = {
  j: () => move(1),
  k: () => move(-1),
  u: up,
  Escape: up,
  ' ': () => firstPlayer()?.toggle(),
  ',': () => firstPlayer()?.skip(-2),
  '.': () => firstPlayer()?.skip(2),
  t: toggleThinking,
  a: () => focusPicker('a'),
  b: () => focusPicker('b'),
  x: () => core.runs.length > 1 && swapRuns(),
  y: () => void copyLink(),
  h: toggleBlind,
  l: switchLanguage,
  '?': showKeys,
};

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || document.querySelector('dialog[open]')) return;
  const target = /** @type {HTMLElement} */ (event.target);
  if (/^(INPUT|SELECT|TEXTAREA|AUDIO)$/.test(target.tagName)) {
    if (event.key === 'Escape') {
      target.blur();
      (document.getElementById('list') ?? document.querySelector('main'))?.focus();
    }
    return;
  }
  const view = currentView();
  const pressed = /^(A|BUTTON|SUMMARY)$/.test(target.tagName) || target.closest('svg a');
  if (pressed && (event.key === 'Enter' || event.key === ' ')) return;
  let action = ACTIONS[event.key];
  if (/^[1-4]$/.test(event.key)) {
    const place = views()[Number(event.key) - 1];
    if (place) action = () => (location.hash = viewLink(place));
  } else if (event.key === '/') {
    action = () => {
      const box = document.getElementById('search');
      if (box) box.focus();
      else location.hash = viewLink('items');
    };
  } else if (view === 'items') {
    if (event.key === 'ArrowDown') action = ACTIONS.j;
    if (event.key === 'ArrowUp') action = ACTIONS.k;
    if (event.key === 'Enter') action = openSelected;
  } else if (view === 'item') {
    if (event.key === 'ArrowRight') action = ACTIONS.j;
    if (event.key === 'ArrowLeft') action = ACTIONS.k;
  }
  if (!action) return;
  event.preventDefault();
  action();
}

async function start() {
  await load();
  addEventListener('keydown', onKey);
  addEventListener('hashchange', () => void render());
  addEventListener('popstate', () => void render());
  await render();
  // From a server, texts in files beside the page are loaded only once somebody turns to the search.
  if (core.textMode === 'inline' || location.protocol === 'file:') void prepareAnswers();
}

void start();
