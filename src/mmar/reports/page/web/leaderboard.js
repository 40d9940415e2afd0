// The leaderboard: its places, its address, its language.

import { counted, el, fixed, readJson } from './base.js';
import { link, note, state } from './address.js';
import { language, speak, t } from './words.js';
import {} from './leaderboard_words.js';
import { fullName } from './leaderboard_data.js';
import { adder, rowOfFile } from './leaderboard_add.js';
import { itemsView } from './leaderboard_items.js';
import { systemsView } from './leaderboard_systems.js';
import { tradeoffsView } from './leaderboard_tradeoffs.js';

/** @typedef {import('./leaderboard_data.js').Board} Board */

const VIEWS = ['systems', 'items', 'tradeoffs', 'changes'];

/** @type {Board} */
let board;
/** @type {import('./leaderboard_add.js').Added | null} */
let added = null;

/** @param {string} [focus] id of the element that keeps the focus */
function draw(focus) {
  speak(state().get('lang'));
  const kept = focus || (document.activeElement instanceof HTMLElement ? document.activeElement.id : '');
  const old = document.getElementById(kept);
  const caret = old instanceof HTMLInputElement && old.type === 'search' ? old.selectionStart : null;
  const wanted = state().get('v') || 'systems';
  const view = VIEWS.includes(wanted) ? wanted : 'systems';
  const systems =
    added && 'score' in added ? [...board.systems, rowOfFile(board, added.name, added.score)] : board.systems;
  for (const part of document.querySelectorAll('header.top, main')) part.remove();
  document.body.append(
    header(view),
    el(
      'main',
      { id: 'main', tabindex: -1 },
      view === wanted ? null : el('p', { class: 'problem', role: 'alert' }, t('unknown_view', { name: wanted })),
      ...board.notes.map((text) => el('p', { class: 'quiet small' }, text)),
      body(view, systems),
    ),
  );
  const next = document.getElementById(kept);
  if (next) {
    next.focus();
    if (next instanceof HTMLInputElement && caret !== null) next.setSelectionRange(caret, caret);
  }
}

/**
 * @param {string} view
 * @param {import('./leaderboard_data.js').System[]} systems
 */
function body(view, systems) {
  if (view === 'items') return itemsView(board, draw);
  if (view === 'tradeoffs') return tradeoffsView(board.systems, draw);
  if (view === 'changes') return changesView();
  const add = adder(board, added, (now) => {
    added = now;
    draw('file');
  });
  return systemsView(board, systems, draw, add);
}

/** @param {string} view */
function header(view) {
  const facts = [
    board.benchmark,
    board.n ? t('questions', { n: counted(board.n), digest: board.digest.slice(0, 8) }) : '',
    board.date,
  ];
  return el(
    'header',
    { class: 'top' },
    el('h1', {}, board.title),
    el(
      'nav',
      { 'aria-label': t('places') },
      ...VIEWS.map((name) =>
        el(
          'a',
          {
            href: link({ v: name === 'systems' ? null : name, lang: state().get('lang') }, true),
            'aria-current': name === view && 'page',
            id: `to-${name}`,
          },
          t(name),
        ),
      ),
    ),
    el('span', { class: 'quiet small' }, facts.filter(Boolean).join(' · ')),
    el(
      'div',
      { class: 'tools' },
      el(
        'button',
        {
          id: 'language',
          lang: language() === 'en' ? 'zh-Hans' : 'en',
          onclick: () => {
            note({ lang: language() === 'en' ? 'zh' : 'en' });
            draw('language');
          },
        },
        t('other_language'),
      ),
    ),
  );
}

function changesView() {
  return el(
    'ol',
    { class: 'changes', reversed: true },
    ...board.changes.map((change, place) =>
      el(
        'li',
        {},
        el('b', {}, t('changed', { date: change.date, systems: change.systems, runs: change.runs })),
        ...(place === board.changes.length - 1 ? [el('p', {}, t('first_state'))] : linesOf(change)),
        el('p', { class: 'mono quiet' }, t('digest', { digest: change.digest })),
      ),
    ),
  );
}

/**
 * What one state of the leaderboard changed.
 * @param {import('./leaderboard_data.js').Change} change
 */
function linesOf(change) {
  const moved = Object.entries(change.changed).flatMap(([id, [before, after]], at) => [
    at ? ', ' : '',
    systemLink(id),
    ` ${fixed(before)} → ${fixed(after)}`,
  ]);
  /** @type {[string, (string | Node)[]][]} */
  const lines = [
    ['added', change.added.flatMap((id, at) => [at ? ', ' : '', systemLink(id)])],
    ['removed', change.removed.flatMap((id, at) => [at ? ', ' : '', systemLink(id)])],
    ['moved', moved],
  ];
  const shown = lines.filter(([, parts]) => parts.length);
  if (!shown.length) return [el('p', {}, t('other_change'))];
  return shown.map(([key, parts]) => el('p', {}, `${t(key)}: `, ...parts));
}

/** @param {string} id a system, which may be gone */
function systemLink(id) {
  const system = board.systems.find((one) => one.id === id);
  if (!system) return el('span', { class: 'told' }, id);
  return el(
    'a',
    { href: link({ s: id, lang: state().get('lang') }, true), class: 'told' },
    fullName(system, board.systems),
  );
}

async function start() {
  board = await readJson('core');
  addEventListener('hashchange', () => draw());
  draw();
  document.documentElement.dataset.ready = 'yes';
}

start();
