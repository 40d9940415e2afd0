// The list of systems: a row each, with the strip of its published values.

import { el, fixed, headRow, nearest, region } from './base.js';
import { link, note, state } from './address.js';
import { t } from './words.js';
import { fullName } from './leaderboard_data.js';
import { axisOf, detailsOf, strip } from './leaderboard_details.js';
import { facets, selected } from './leaderboard_facets.js';

/** @typedef {import('./leaderboard_data.js').Board} Board */
/** @typedef {import('./leaderboard_data.js').System} System */

const ROWS = 25;

/**
 * @param {Board} board
 * @param {System[]} systems with those added in this page
 * @param {(focus?: string) => void} redraw
 * @param {Node} adder the part that adds a file
 */
export function systemsView(board, systems, redraw, adder) {
  const address = state();
  const shown = selected(board, systems);
  const published = systems.some((system) => system.values.length);
  const open = address.get('s');
  const pages = Math.max(1, Math.ceil(shown.length / ROWS));
  const at = shown.findIndex((system) => system.id === open);
  const asked = Number(address.get('p')) || (at < 0 ? 1 : Math.floor(at / ROWS) + 1);
  const page = Math.min(pages, Math.max(1, asked));
  const part = shown.slice((page - 1) * ROWS, page * ROWS);
  const aside = el('aside', { class: 'facets' }, facets(systems, redraw), adder);
  const sort = el(
    'select',
    {
      id: 'sort',
      onchange: (/** @type {Event} */ event) => {
        note({ p: null, sort: /** @type {HTMLSelectElement} */ (event.target).value });
        redraw('sort');
      },
    },
    ...['rank', 'number', 'spread', 'name'].map((name) =>
      el(
        'option',
        { value: name, selected: (address.get('sort') || (board.runs.length ? 'rank' : 'number')) === name },
        t(`by_${name}`),
      ),
    ),
  );
  const search = el('input', {
    type: 'search',
    id: 'q',
    value: address.get('q') || '',
    placeholder: t('search'),
    'aria-label': t('search'),
    oninput: (/** @type {Event} */ event) => {
      note({ p: null, q: /** @type {HTMLInputElement} */ (event.target).value });
      redraw('q');
    },
  });
  return el(
    'div',
    {},
    published && el('p', {}, t('intro')),
    published && el('p', { class: 'quiet small' }, t('sorted_by_published')),
    el(
      'div',
      { class: 'board' },
      aside,
      el(
        'div',
        {},
        el(
          'div',
          { class: 'bar' },
          search,
          el('label', { class: 'inline' }, t('sort'), ' ', sort),
          el('span', { role: 'status', class: 'quiet' }, t('count', { shown: shown.length, all: systems.length })),
        ),
        unknownSystem(open, systems),
        el('p', { class: 'quiet small' }, t(published ? 'legend' : 'legend_runs')),
        table(systems, part, open),
        pages > 1 && pager(page, pages),
      ),
    ),
  );
}

/**
 * Links to the pages before and after.
 * @param {number} page
 * @param {number} pages
 */
export function pager(page, pages) {
  return el(
    'nav',
    { class: 'bar', 'aria-label': t('page_of', { page, pages }) },
    page > 1 ? el('a', { href: link({ p: page - 1 }), id: 'before' }, t('before')) : null,
    t('page_of', { page, pages }),
    page < pages ? el('a', { href: link({ p: page + 1 }), id: 'next' }, t('next')) : null,
  );
}

/**
 * @param {System[]} systems
 * @param {System[]} shown
 * @param {string | null} open
 */
function table(systems, shown, open) {
  const has = {
    spread: systems.some((system) => system.values.length),
    rank: systems.some((system) => system.runs.some((run) => run.rank)),
    choice_column: systems.some((system) => system.runs.some((run) => run.choice)),
    needs_audio: systems.some((system) => system.runs.some((run) => run.reliance)),
    order: systems.some((system) => system.runs.some((run) => run.order_agreement !== null)),
    rubric: systems.some((system) => system.runs.some((run) => run.rubric)),
    cost: systems.some((system) => system.runs.some((run) => run.cost !== null)),
    seconds: systems.some((system) => system.runs.some((run) => run.seconds !== null)),
  };
  const axis = axisOf(systems);
  /** @type {[string, boolean][]} */
  const columns = [
    ['system', false],
    ['rank', true],
    ['kind', false],
    [numberColumn(systems), true],
    ['choice_column', true],
    ['strip', false],
    ['spread', true],
    ['needs_audio', true],
    ['order', true],
    ['rubric', true],
    ['cost', true],
    ['seconds', true],
    ['files', false],
  ];
  const names = columns.filter(([name]) => /** @type {Record<string, boolean>} */ (has)[name] ?? true);
  return region(
    t('systems'),
    el(
      'table',
      { class: 'systems' },
      headRow(
        names.map(([name]) =>
          name === 'strip' ? `${axis.low} ··· ${t(has.spread ? 'strip' : 'strip_runs')} ··· ${axis.high} %` : t(name),
        ),
        (at) => names[at][1],
      ),
      el(
        'tbody',
        {},
        ...shown.flatMap((system) => {
          const row = rowOf(system, systems, axis, names, open === system.id);
          return open === system.id ? [row, detailsOf(system, systems, names.length)] : [row];
        }),
      ),
    ),
  );
}

/**
 * @param {System} system
 * @param {System[]} systems
 * @param {{low: number, high: number}} axis
 * @param {[string, boolean][]} names
 * @param {boolean} open
 */
function rowOf(system, systems, axis, names, open) {
  const run = system.runs[0];
  const low = system.lowest;
  const high = system.highest;
  /** @type {Record<string, () => any[]>} */
  const cells = {
    system: () => [
      el(
        'a',
        {
          href: link({ s: open ? null : system.id }),
          class: 'name',
          id: `row-${system.id}`,
          'aria-expanded': String(open),
        },
        fullName(system, systems),
      ),
      el('small', { class: 'quiet' }, ` ${[system.model_class, system.size].filter(Boolean).join(' · ')}`),
    ],
    rank: () => [run && run.rank ? range(run.rank) : ''],
    kind: () => [el('span', { class: `tag kind-${system.kind}` }, system.mine ? t('mine') : t(system.kind))],
    official_column: () => [fixed(system.number)],
    published_column: () => [fixed(system.number)],
    mixed_column: () => [fixed(system.number)],
    choice_column: () => [run && run.choice ? fixed(run.choice.value) : ''],
    strip: () => [strip(system, axis)],
    spread: () => [low !== null && high !== null && high > low ? fixed(high - low) : ''],
    needs_audio: () => {
      if (!run || !run.reliance) return [];
      const title = t('needs_audio_long', { condition: run.hidden_by });
      return [el('span', { title }, `${fixed(run.reliance.value, 0)} %`)];
    },
    order: () => [run && run.order_agreement !== null ? fixed(run.order_agreement, 1) : ''],
    rubric: () => {
      if (!run || !run.rubric) return [];
      const alpha = run.rubric.alpha === null ? '–' : fixed(run.rubric.alpha, 2);
      return [`${fixed(run.rubric.score)} (${alpha})`];
    },
    cost: () => [run && run.cost !== null ? fixed(run.cost, 2) : ''],
    seconds: () => [run && run.seconds !== null ? fixed(run.seconds, 2) : ''],
    files: () =>
      system.mine
        ? []
        : [
            ...['csv', 'tex', 'json'].flatMap((suffix) => [
              el('a', { href: `systems/${encodeURIComponent(system.id)}.${suffix}`, download: true }, suffix),
              ' ',
            ]),
            run && run.report ? el('a', { href: run.report }, t('report')) : null,
          ],
  };
  return el(
    'tr',
    { class: system.mine ? 'mine' : system.runs.length ? 'reproduced' : null },
    ...names.map(([name, number]) => el('td', { class: `c-${name}${number ? ' number' : ''}` }, ...cells[name]())),
  );
}

/**
 * What the systems' numbers are: those of runs are by the published rule, of published ones it is seldom known.
 * @param {System[]} systems
 */
function numberColumn(systems) {
  if (!systems.some((system) => system.values.length)) return 'official_column';
  return systems.some((system) => system.runs.length) ? 'mixed_column' : 'published_column';
}

/** @param {[number, number]} rank */
function range(rank) {
  return rank[0] === rank[1] ? String(rank[0]) : `${rank[0]}–${rank[1]}`;
}

/**
 * @param {string | null} id
 * @param {System[]} systems
 */
function unknownSystem(id, systems) {
  if (!id || systems.some((system) => system.id === id)) return null;
  const known = systems.map((system) => system.id);
  const values = { name: id.slice(0, 80), nearest: nearest(id, known).join(', ') };
  return el('p', { class: 'problem', role: 'alert' }, t('unknown_system', values));
}
