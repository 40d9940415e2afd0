// One system: its published values and runs on an axis, and as tables.

import { counted, el, fixed, headRow, region, svg } from './base.js';
import { t } from './words.js';
import { fullName } from './leaderboard_data.js';

/** @typedef {import('./leaderboard_data.js').System} System */
/** @typedef {import('./leaderboard_data.js').Published} Published */

const STRIP_WIDTH = 240;

/** @param {System[]} systems */
export function axisOf(systems) {
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
 * Published values and runs of a system on one axis.
 * @param {System} system
 * @param {{low: number, high: number}} axis
 */
export function strip(system, axis) {
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
 * @param {System} system
 * @param {System[]} systems
 * @param {number} width in columns
 */
export function detailsOf(system, systems, width) {
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
  return region(
    t('runs_here'),
    el('h4', {}, t('runs_here')),
    el(
      'table',
      {},
      headRow(
        ['protocol', 'official', 'choice', 'asked', 'unresolved', 'failed', 'date', 'report'].map((name) => t(name)),
      ),
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
  return region(
    t('published_values'),
    el('h4', {}, t('published_values')),
    el(
      'table',
      { class: 'values' },
      headRow(['value', 'by', 'average_of', 'reader', 'source', 'date', 'note'].map((name) => t(name))),
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
            el('td', { 'data-label': `${t('reader')}: ` }, value.reader),
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
