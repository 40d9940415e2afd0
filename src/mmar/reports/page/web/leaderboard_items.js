// The items: how many runs solve each, which are solved without audio, whose key is disputed or was corrected.

import { counted, el, fixed, headRow, letter, region, svg } from './base.js';
import { link, note, state } from './address.js';
import { t } from './words.js';
import {} from './leaderboard_data.js';
import { pager } from './leaderboard_systems.js';

/** @typedef {import('./leaderboard_data.js').Board} Board */
/** @typedef {import('./leaderboard_data.js').Items} Items */

const PAGE = 40;
const SHOWN = ['all_items', 'nobody', 'everybody', 'unheard', 'disputed', 'old'];

/**
 * @param {Items} items
 * @param {number} runs
 */
function places(items, runs) {
  const address = state();
  const show = address.get('show') || 'all_items';
  const query = (address.get('iq') || '').toLowerCase();
  /** @type {Record<string, (place: number) => boolean>} */
  const tests = {
    all_items: () => true,
    nobody: (place) => items.solved[place] === 0,
    everybody: (place) => items.solved[place] === runs,
    unheard: (place) => items.without_audio[place] > 0,
    disputed: (place) => items.disputed[place] >= 0,
    old: (place) => place in items.old_keys,
  };
  const exact = /^solved(\d+)$/.exec(show);
  const test = exact ? (/** @type {number} */ place) => items.solved[place] === Number(exact[1]) : tests[show];
  const all = [...items.ids.keys()];
  const found = (test ? all.filter(test) : all).filter(
    (place) => !query || items.questions[place].toLowerCase().includes(query) || items.ids[place] === query,
  );
  return { found, show };
}

/**
 * @param {Board} board
 * @param {(focus?: string) => void} redraw
 */
export function itemsView(board, redraw) {
  const items = board.items;
  if (!items || !board.runs.length) return el('p', {}, t('no_runs'));
  const runs = board.runs.length;
  const { found, show } = places(items, runs);
  const pages = Math.max(1, Math.ceil(found.length / PAGE));
  const page = Math.min(pages, Math.max(1, Number(state().get('p')) || 1));
  const part = found.slice((page - 1) * PAGE, page * PAGE);
  const options = [...SHOWN, ...(show.startsWith('solved') ? [show] : [])];
  const select = el(
    'select',
    {
      id: 'show',
      'aria-label': t('show'),
      onchange: (/** @type {Event} */ event) => {
        note({ show: /** @type {HTMLSelectElement} */ (event.target).value, p: null });
        redraw('show');
      },
    },
    ...options.map((name) =>
      el(
        'option',
        { value: name, selected: name === show },
        name.startsWith('solved') ? t('exactly', { n: name.slice(6) }) : t(name),
      ),
    ),
  );
  const search = el('input', {
    type: 'search',
    id: 'iq',
    value: state().get('iq') || '',
    placeholder: t('search'),
    'aria-label': t('search'),
    oninput: (/** @type {Event} */ event) => {
      note({ iq: /** @type {HTMLInputElement} */ (event.target).value, p: null });
      redraw('iq');
    },
  });
  return el(
    'div',
    {},
    el('h2', {}, t('histogram', { n: runs })),
    histogram(items, runs),
    oldKeys(board),
    el(
      'div',
      { class: 'bar' },
      search,
      el('label', { class: 'inline' }, t('show'), ' ', select),
      el(
        'span',
        { role: 'status', class: 'quiet' },
        t('items_count', { shown: counted(found.length), all: counted(items.ids.length) }),
      ),
    ),
    el(
      'ol',
      { class: 'item-list', start: (page - 1) * PAGE + 1 },
      ...part.map((place) => itemRow(board, items, place)),
    ),
    pages > 1 && pager(page, pages),
  );
}

/**
 * @param {Items} items
 * @param {number} runs
 */
function histogram(items, runs) {
  const counts = Array.from({ length: runs + 1 }, () => 0);
  for (const solved of items.solved) counts[solved] += 1;
  const most = Math.max(...counts, 1);
  const step = Math.min(64, Math.max(16, 640 / (runs + 1)));
  const width = step * (runs + 1);
  return region(
    t('histogram', { n: runs }),
    svg(
      'svg',
      { width, height: 120, viewBox: `0 0 ${width} 120`, role: 'group' },
      ...counts.map((count, solved) => {
        const height = (count / most) * 78;
        const label = t('bar_label', { items: count, runs: solved });
        return svg(
          'a',
          { href: link({ show: `solved${solved}`, p: null }), 'aria-label': label },
          svg('title', {}, label),
          svg('rect', { x: solved * step, y: 0, width: step, height: 120, class: 'hit' }),
          svg('rect', { x: solved * step + 3, y: 98 - height, width: step - 6, height, class: 'bar-mark' }),
          svg('text', { x: (solved + 0.5) * step, y: 94 - height, class: 'bar-text' }, counted(count)),
          svg('text', { x: (solved + 0.5) * step, y: 114, class: 'bar-text quiet' }, String(solved)),
        );
      }),
    ),
  );
}

/** @param {Board} board */
function oldKeys(board) {
  if (!board.old_keys.length) return null;
  return el(
    'section',
    {},
    el('h2', {}, t('old_keys')),
    el('p', { class: 'quiet' }, t('old_keys_text')),
    el(
      'table',
      { class: 'narrow' },
      headRow(['system', 'old_share', 'old_chance', 'p_value'].map((name) => t(name))),
      el(
        'tbody',
        {},
        ...board.old_keys.map((one, place) =>
          el(
            'tr',
            {},
            el('td', {}, runName(board, place)),
            el('td', {}, `${one.old} / ${one.n} [${fixed(one.interval[0])}, ${fixed(one.interval[1])}] %`),
            el('td', {}, `${fixed(one.chance_of_wrong)} %`),
            el('td', {}, one.p_value === null ? '–' : fixed(one.p_value, 4)),
          ),
        ),
      ),
    ),
  );
}

/**
 * @param {Board} board
 * @param {number} place
 */
function runName(board, place) {
  const [id, owner] = board.runs[place];
  const system = board.systems.find((one) => one.id === owner);
  const run = system?.runs.find((one) => one.id === id);
  const name = system?.name || owner;
  return system && system.runs.length > 1 && run ? `${name} (${run.protocol})` : name;
}

/**
 * @param {Board} board
 * @param {Items} items
 * @param {number} place
 */
function itemRow(board, items, place) {
  const open = state().get('i') === items.ids[place];
  const disputed = items.disputed[place];
  return el(
    'li',
    { class: 'item' },
    el(
      'div',
      { class: 'item-line' },
      el(
        'a',
        {
          href: link({ i: open ? null : items.ids[place] }),
          id: `item-${items.ids[place]}`,
          'aria-expanded': String(open),
        },
        el('span', { class: 'told' }, items.questions[place]),
      ),
      el(
        'span',
        { class: 'letters', role: 'img', 'aria-label': lettersLabel(board, items, place) },
        ...board.runs.map((_, run) => square(items, run, place)),
      ),
    ),
    el(
      'div',
      { class: 'small quiet' },
      `${items.modalities[place]} · ${t('solved_by', { k: items.solved[place], n: board.runs.length })} `,
      items.without_audio[place]
        ? el('span', { class: 'tag is-open' }, t('unheard_tag', { k: items.without_audio[place] }))
        : null,
      disputed >= 0 ? el('span', { class: 'tag is-wrong' }, t('disputed_tag', { letter: letter(disputed) })) : null,
      place in items.old_keys
        ? el('span', { class: 'tag is-none' }, t('old_tag', { text: items.old_keys[place] }))
        : null,
    ),
    open ? choicesOf(board, items, place) : null,
    open ? inReport(board, items.ids[place]) : null,
  );
}

/**
 * @param {Items} items
 * @param {number} run
 * @param {number} place
 */
function square(items, run, place) {
  const pick = items.picks[run][place];
  const right = items.right[run][place] === '1';
  const shown = pick === '?' || pick === '!' ? pick : letter(parseInt(pick, 36));
  const kind = right ? 'is-right' : pick === '?' ? 'is-open' : pick === '!' ? 'is-none' : 'is-wrong';
  return el('span', { class: `square ${kind}` }, shown);
}

/**
 * @param {Board} board
 * @param {Items} items
 * @param {number} place
 */
function lettersLabel(board, items, place) {
  return board.runs
    .map((_, run) => {
      const pick = items.picks[run][place];
      return `${runName(board, run)}: ${/[?!]/.test(pick) ? pick : letter(parseInt(pick, 36))}`;
    })
    .join(', ');
}

/**
 * @param {Board} board
 * @param {Items} items
 * @param {number} place
 */
function choicesOf(board, items, place) {
  return el(
    'table',
    { class: 'choices' },
    el(
      'tbody',
      {},
      ...items.choices[place].map((choice, at) => {
        const names = board.runs
          .map((_, run) => (items.picks[run][place] === at.toString(36) ? runName(board, run) : ''))
          .filter(Boolean);
        return el(
          'tr',
          { class: at === items.keys[place] ? 'key' : null },
          el('td', {}, letter(at)),
          el('td', { class: 'told' }, choice, at === items.keys[place] ? ` ✓ ${t('key')}` : ''),
          el('td', { class: 'quiet' }, names.join(', ') || t('nobody_chose')),
        );
      }),
    ),
  );
}

/**
 * A link to an item in the report of the runs, where its clip and all answers are.
 * @param {Board} board
 * @param {string} id
 */
function inReport(board, id) {
  const report = board.systems.flatMap((system) => system.runs).find((run) => run.report.includes('#a='))?.report;
  if (!report) return null;
  return el('p', {}, el('a', { href: `${report}&v=item&i=${encodeURIComponent(id)}` }, t('in_report')));
}
