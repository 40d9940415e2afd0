// The list of systems: facets, rows with the strip of published values, and the values of a system.

import { counted, el, fixed, svg } from './base.js';
import { link, note, state } from './address.js';
import { t } from './words.js';
import { fullName } from './leaderboard_data.js';

/** @typedef {import('./leaderboard_data.js').Board} Board */
/** @typedef {import('./leaderboard_data.js').System} System */
/** @typedef {import('./leaderboard_data.js').Run} Run */
/** @typedef {import('./leaderboard_data.js').Published} Published */

const STRIP_WIDTH = 240;
const ROWS = 25;
const KINDS = ['reproduced', 'benchmark', 'authors', 'others'];

/**
 * The values of a system in each facet.
 * @type {Record<string, (system: System) => string[]>}
 */
const FACETS = {
  kind: (system) => kindsOf(system),
  class: (system) => [system.model_class],
  weights: (system) => [system.weights],
  size: (system) => [sizeOf(system.billions)],
  thinking: (system) => [system.model_class ? (system.thinks ? 'yes' : 'no') : ''],
  protocol: (system) => (system.runs.length ? system.runs.map((run) => run.protocol) : ['published_only']),
  edition: (system) => [...new Set(system.values.map((value) => value.edition))],
};

/** @param {System} system */
function kindsOf(system) {
  const kinds = new Set(system.values.map((value) => value.by));
  if (system.runs.length) kinds.add('reproduced');
  return KINDS.filter((kind) => kinds.has(kind));
}

/** @param {number | null} billions */
function sizeOf(billions) {
  if (billions === null) return '';
  if (billions <= 4) return '≤ 4B';
  if (billions <= 12) return '4B–12B';
  return billions <= 40 ? '12B–40B' : '> 40B';
}

/** @param {string} value */
function facetLabel(value) {
  return value === '' ? t('unknown') : t(value);
}

/**
 * The systems that the address selects, in its order.
 * @param {Board} board
 * @param {System[]} systems
 */
export function selected(board, systems) {
  const address = state();
  const query = (address.get('q') || '').toLowerCase();
  const shown = systems.filter((system) => {
    if (system.mine) return true;
    for (const [name, values] of Object.entries(FACETS)) {
      const wanted = address.get(name);
      if (wanted !== null && !values(system).some((value) => wanted.split('~').includes(value || '-'))) return false;
    }
    return !query || [system.id, system.name, ...system.aliases].some((text) => text.toLowerCase().includes(query));
  });
  return sorted(shown, address.get('sort') || (board.runs.length ? 'rank' : 'number'));
}

/**
 * @param {System[]} systems
 * @param {string} by
 */
function sorted(systems, by) {
  /** @type {Record<string, (system: System) => number>} */
  const values = {
    number: (system) => -system.number,
    rank: (system) => (system.runs.length ? -1000 : 0) - system.number,
    spread: (system) => -((system.highest ?? 0) - (system.lowest ?? 0)),
  };
  const value = values[by];
  if (!value) return [...systems].sort((one, two) => (one.name < two.name ? -1 : 1));
  return [...systems].sort((one, two) => value(one) - value(two) || (one.name < two.name ? -1 : 1));
}

/**
 * @param {Board} board
 * @param {System[]} systems with those added in this page
 * @param {(focus?: string) => void} redraw
 * @param {Node} adder the part that adds a file
 */
export function systemsView(board, systems, redraw, adder) {
  const address = state();
  const shown = selected(board, systems);
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
    el('p', {}, t('intro')),
    el('p', { class: 'quiet small' }, t('sorted_by_published')),
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
        el('p', { class: 'quiet small' }, t('legend')),
        table(board, systems, part, open),
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
 * @param {string | null} id
 * @param {System[]} systems
 */
function unknownSystem(id, systems) {
  if (!id || systems.some((system) => system.id === id)) return null;
  const start = id.slice(0, 4).toLowerCase();
  const nearest = systems.filter((system) => system.id.includes(start)).slice(0, 4);
  const names = (nearest.length ? nearest : systems.slice(0, 3)).map((system) => system.id).join(', ');
  return el('p', { class: 'problem', role: 'alert' }, t('unknown_system', { name: id, nearest: names }));
}

/**
 * @param {System[]} systems
 * @param {(focus?: string) => void} redraw
 */
function facets(systems, redraw) {
  const address = state();
  const active = Object.keys(FACETS).some((name) => address.get(name) !== null);
  const sets = Object.entries(FACETS).map(([name, values]) => {
    /** @type {Map<string, number>} */
    const counts = new Map();
    for (const system of systems) for (const value of values(system)) counts.set(value, (counts.get(value) || 0) + 1);
    if (counts.size < 2) return null;
    const wanted = address.get(name);
    const chosen = wanted === null ? null : wanted.split('~');
    const options = [...counts].sort(([one], [two]) => rankOf(name, one) - rankOf(name, two) || (one < two ? -1 : 1));
    return el(
      'fieldset',
      {},
      el('legend', {}, t(name)),
      ...options.map(([value, count]) => {
        const key = value || '-';
        return el(
          'label',
          {},
          el('input', {
            type: 'checkbox',
            id: `${name}~${key}`,
            checked: chosen === null || chosen.includes(key),
            onchange: () => {
              const all = options.map(([other]) => other || '-');
              const now = new Set(chosen === null ? all : chosen);
              if (now.has(key)) now.delete(key);
              else now.add(key);
              note({ p: null, [name]: now.size === all.length ? null : [...now].join('~') || '~' });
              redraw(`${name}~${key}`);
            },
          }),
          ' ',
          facetLabel(value),
          ' ',
          el('small', { class: 'quiet' }, count),
        );
      }),
    );
  });
  return el(
    'details',
    { class: 'filters', open: active || matchMedia('(min-width: 1000px)').matches },
    el('summary', {}, t('filters')),
    active &&
      el(
        'button',
        {
          class: 'plain',
          id: 'reset',
          onclick: () => {
            note(Object.fromEntries(Object.keys(FACETS).map((name) => [name, null])));
            redraw();
          },
        },
        t('reset'),
      ),
    ...sets,
  );
}

/**
 * @param {string} facet
 * @param {string} value
 */
function rankOf(facet, value) {
  if (value === '') return 99;
  if (facet === 'kind') return KINDS.indexOf(value);
  return facet === 'size' ? ['≤ 4B', '4B–12B', '12B–40B', '> 40B'].indexOf(value) : 0;
}

/**
 * @param {Board} board
 * @param {System[]} systems
 * @param {System[]} shown
 * @param {string | null} open
 */
function table(board, systems, shown, open) {
  const has = {
    rank: systems.some((system) => system.runs.some((run) => run.rank)),
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
    ['percent', true],
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
  return el(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': t('systems') },
    el(
      'table',
      { class: 'systems' },
      el(
        'thead',
        {},
        el(
          'tr',
          {},
          ...names.map(([name, number]) =>
            el(
              'th',
              { scope: 'col', class: number ? 'number' : null },
              name === 'strip' ? `${axis.low} ··· ${t('strip')} ··· ${axis.high} %` : t(name),
            ),
          ),
        ),
      ),
      el(
        'tbody',
        {},
        ...shown.flatMap((system) => {
          const row = rowOf(system, systems, axis, names, open === system.id);
          return open === system.id ? [row, detailsOf(board, system, systems, names.length)] : [row];
        }),
      ),
    ),
  );
}

/** @param {System[]} systems */
function axisOf(systems) {
  const values = systems.flatMap((system) => [
    ...system.values.map((value) => value.value),
    ...system.runs.flatMap((run) => [
      run.official.low ?? run.official.value,
      run.official.high ?? run.official.value,
    ]),
  ]);
  const low = Math.floor(Math.min(...values, 20) / 10) * 10;
  return { low, high: Math.max(Math.ceil(Math.max(...values, low + 10) / 10) * 10, low + 20) };
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
    percent: () => [fixed(system.number)],
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

/** @param {[number, number]} rank */
function range(rank) {
  return rank[0] === rank[1] ? String(rank[0]) : `${rank[0]}–${rank[1]}`;
}

/**
 * Published values and runs of a system on one axis.
 * @param {System} system
 * @param {{low: number, high: number}} axis
 */
function strip(system, axis) {
  /** @param {number} value */
  const x = (value) => ((value - axis.low) / (axis.high - axis.low)) * (STRIP_WIDTH - 16) + 8;
  let grid = '';
  for (let at = axis.low + 10; at < axis.high; at += 10) grid += `M${x(at)} 0v22`;
  const marks = [svg('path', { d: grid, class: 'grid' })];
  const { lowest, highest } = system;
  if (lowest !== null && highest !== null && highest > lowest) {
    marks.push(svg('rect', { x: x(lowest), y: 8, width: x(highest) - x(lowest), height: 6, class: 'span' }));
  }
  for (const value of system.values) marks.push(published(value, x(value.value)));
  for (const run of system.runs) {
    const { value, low, high } = run.official;
    if (low !== null && high !== null) {
      marks.push(svg('line', { x1: x(low), x2: x(high), y1: 11, y2: 11, class: 'interval' }));
    }
    marks.push(svg('circle', { cx: x(value), cy: 11, r: 5, class: 'run' }));
  }
  return svg(
    'svg',
    {
      width: STRIP_WIDTH,
      height: 22,
      viewBox: `0 0 ${STRIP_WIDTH} 22`,
      role: 'img',
      'aria-label': stripLabel(system),
    },
    ...marks,
  );
}

/** @param {System} system */
function stripLabel(system) {
  const parts = system.runs.map((run) =>
    t('strip_run', {
      value: fixed(run.official.value),
      low: fixed(run.official.low ?? run.official.value),
      high: fixed(run.official.high ?? run.official.value),
    }),
  );
  const shown = system.values.filter((value) => value.in_spread);
  if (shown.length && system.lowest !== null && system.highest !== null) {
    const values = { n: shown.length, low: fixed(system.lowest), high: fixed(system.highest) };
    parts.push(t('strip_label', values));
  }
  return parts.join('; ') || system.name;
}

/**
 * @param {Published} value
 * @param {number} x
 */
function published(value, x) {
  const title = svg('title', {}, `${value.printed} %, ${t(value.by)}: ${value.source}`);
  const shape = `value by-${value.by}${value.in_spread ? '' : ' aside'}`;
  if (value.problem) {
    return svg('path', { d: `M${x - 4} 7l8 8m0-8l-8 8`, class: `${shape} flagged` }, title);
  }
  if (value.by === 'benchmark') return svg('path', { d: `M${x} 5l6 6l-6 6l-6-6z`, class: shape }, title);
  return svg('circle', { cx: x, cy: 11, r: 4, class: shape }, title);
}

/**
 * @param {Board} board
 * @param {System} system
 * @param {System[]} systems
 * @param {number} width in columns
 */
function detailsOf(board, system, systems, width) {
  return el(
    'tr',
    { class: 'details' },
    el(
      'td',
      { colspan: width },
      el('h3', {}, t('details', { name: fullName(system, systems) })),
      system.aliases.length > 1 &&
        el('p', { class: 'quiet small' }, t('spellings', { names: system.aliases.join(' · ') })),
      system.runs.length ? runsOf(system) : null,
      system.values.length ? valuesOf(system) : null,
    ),
  );
}

/** @param {System} system */
function runsOf(system) {
  return el(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': t('runs_here') },
    el('h4', {}, t('runs_here')),
    el(
      'table',
      {},
      head('protocol', 'official', 'choice', 'asked', 'unresolved', 'failed', 'date', 'report'),
      el(
        'tbody',
        {},
        ...system.runs.flatMap((run) => [
          el(
            'tr',
            {},
            el('td', {}, run.protocol),
            el('td', {}, measured(run.official)),
            el('td', {}, measured(run.choice)),
            el('td', {}, `${counted(run.asked)} / ${counted(run.n)}`),
            el('td', {}, counted(run.unresolved)),
            el('td', {}, counted(run.failed)),
            el('td', {}, run.date),
            el('td', {}, run.report ? el('a', { href: run.report }, t('report')) : ''),
          ),
          el('tr', {}, el('td', { colspan: 8, class: 'mono' }, run.signature)),
        ]),
      ),
    ),
  );
}

/** @param {import('./leaderboard_data.js').Measured} value */
function measured(value) {
  const interval = value.low === null || value.high === null ? '' : ` [${fixed(value.low)}, ${fixed(value.high)}]`;
  return `${fixed(value.value)}${interval}`;
}

/** @param {System} system */
function valuesOf(system) {
  return el(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': t('published_values') },
    el('h4', {}, t('published_values')),
    el(
      'table',
      { class: 'values' },
      head('value', 'by', 'average_of', 'reader', 'source', 'date', 'note'),
      el(
        'tbody',
        {},
        ...system.values.map((value) =>
          el(
            'tr',
            {},
            el('td', { class: 'number' }, value.approximate ? t('about', { value: value.printed }) : value.printed),
            el('td', {}, t(value.by)),
            el(
              'td',
              {},
              value.mean === 'groups' ? t('of_groups') : t('of_items', { n: counted(value.n) }),
              value.in_spread ? null : el('small', { class: 'quiet' }, ` (${t('not_in_spread')})`),
            ),
            el('td', {}, value.reader),
            el('td', {}, value.source),
            el('td', {}, value.date),
            el(
              'td',
              {},
              value.problem ? el('span', { class: 'problem' }, `${t('impossible')}: ${value.problem}. `) : null,
              value.note,
            ),
          ),
        ),
      ),
    ),
  );
}

/** @param {string[]} names */
function head(...names) {
  return el('thead', {}, el('tr', {}, ...names.map((name) => el('th', { scope: 'col' }, t(name)))));
}
