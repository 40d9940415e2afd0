// Which systems the list shows: facets with counts, the search, the order.

import { el } from './base.js';
import { note, state } from './address.js';
import { t } from './words.js';

/** @typedef {import('./leaderboard_data.js').Board} Board */
/** @typedef {import('./leaderboard_data.js').System} System */

const KINDS = ['reproduced', 'benchmark', 'challenge', 'authors', 'others'];

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
 * @param {System[]} systems
 * @param {(focus?: string) => void} redraw
 */
export function facets(systems, redraw) {
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
  if (!sets.some(Boolean)) return null;
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
