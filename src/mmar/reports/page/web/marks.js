// Small marks that several views share: a run's square for an item, an accuracy with its interval, a link to items.

import { counted, el, fixed, svg } from './base.js';
import { link } from './address.js';
import { core, isRight } from './data.js';
import { addPhrases, t } from './words.js';

/** @typedef {import('./data.js').Run} Run */

addPhrases({
  named: ['{name}: {state}, {letter}', '{name}：{state}，{letter}'],
  unnamed: ['{name}: {state}', '{name}：{state}'],
  intervalOf: ['{value} % [{low}, {high}], chance {chance} %', '{value} % [{low}, {high}]，随机 {chance} %'],
});

/** @type {Record<string, {word: string, mark: string, look: string}>} by the run's state of an item */
const STATES = {
  right: { word: 'right', mark: '', look: 'is-right' },
  wrong: { word: 'wrong', mark: '', look: 'is-wrong' },
  u: { word: 'unresolved', mark: '?', look: 'is-open' },
  r: { word: 'refused', mark: '×', look: 'is-open' },
  f: { word: 'failed', mark: '!', look: 'is-none' },
  m: { word: 'missing', mark: '·', look: 'is-none' },
};

/**
 * How an item stands in a run: the word for it, a letter or mark, and a class.
 * @param {Run} run
 * @param {number} place
 */
export function standing(run, place) {
  const state = run.states[place];
  if (state !== 'c') return STATES[state];
  return { ...STATES[isRight(run, place) ? 'right' : 'wrong'], mark: run.picks[place] };
}

/**
 * A square for a run's answer to an item: its letter, and a colour.
 * @param {Run} run
 * @param {number} place
 * @param {boolean} narrow a bar without its letter, where there are many runs
 */
export function square(run, place, narrow) {
  const { word, mark, look } = standing(run, place);
  const title =
    run.states[place] === 'c'
      ? t('named', { name: run.name, state: t(word), letter: mark })
      : t('unnamed', { name: run.name, state: t(word) });
  const shape = look === 'is-wrong' ? ' low' : '';
  return el('span', { class: `square ${look}${narrow ? ` narrow${shape}` : ''}`, title }, narrow ? null : mark);
}

/**
 * A link to the items of some filters, in the items view.
 * @param {string | Node} text
 * @param {import('./address.js').Changes} filters
 * @param {Record<string, any>} [properties]
 */
export function itemsLink(text, filters, properties = {}) {
  return el('a', { href: link({ v: 'items', ...filters, ...kept() }, true), ...properties }, text);
}

/** The parts of the address that no link changes: the page's language, and blind mode. */
export function kept() {
  const parts = new URLSearchParams(location.hash.slice(1));
  return { l: parts.get('l'), blind: parts.get('blind') };
}

/**
 * The accuracy that a page shows: of the items asked, where not all were.
 * @param {Run} run
 */
export function shown(run) {
  const whole = run.score.asked ?? run.score;
  const scores = 'scores' in whole ? whole.scores : whole;
  return { n: whole.n, chance: whole.chance, official: scores.official, choice: scores.choice };
}

/**
 * The 95 % interval to show: by source video where there is one.
 * @param {import('./data.js').Accuracy} accuracy
 */
export function intervalOf(accuracy) {
  return accuracy.clustered?.interval ?? accuracy.interval;
}

/** @param {[number, number] | null} interval */
export function intervalText(interval) {
  return interval ? `[${fixed(interval[0])}, ${fixed(interval[1])}]` : '–';
}

/**
 * The common axis of all runs, cut to the data in steps of five points.
 * @param {number[]} values
 * @returns {[number, number]}
 */
export function axisOf(values) {
  const low = Math.floor(Math.min(...values) / 5) * 5;
  const high = Math.ceil(Math.max(...values) / 5) * 5;
  return [Math.max(0, Math.min(low, high - 10)), Math.min(100, Math.max(high, low + 10))];
}

const PLOT_WIDTH = 180;

/**
 * A dot with its interval on an axis; a dashed line at a reference.
 * @param {number} value
 * @param {[number, number] | null} interval
 * @param {[number, number]} axis
 * @param {number} reference
 * @param {string} label
 */
export function dotPlot(value, interval, axis, reference, label) {
  const at = (/** @type {number} */ x) =>
    6 + ((Math.min(axis[1], Math.max(axis[0], x)) - axis[0]) / (axis[1] - axis[0] || 1)) * (PLOT_WIDTH - 12);
  const plot = svg(
    'svg',
    { class: 'dot-plot', width: PLOT_WIDTH, height: 18, viewBox: `0 0 ${PLOT_WIDTH} 18`, role: 'img' },
    svg('title', {}, label),
    svg('line', { class: 'axis', x1: 6, x2: PLOT_WIDTH - 6, y1: 9, y2: 9 }),
    svg('line', { class: 'reference', x1: at(reference), x2: at(reference), y1: 1, y2: 17 }),
  );
  if (interval) plot.append(svg('line', { class: 'range', x1: at(interval[0]), x2: at(interval[1]), y1: 9, y2: 9 }));
  plot.append(svg('circle', { cx: at(value), cy: 9, r: 4 }));
  return plot;
}

/**
 * @param {Run} run
 * @param {[number, number]} axis
 */
export function accuracyPlot(run, axis) {
  const { choice, chance } = shown(run);
  const interval = intervalOf(choice);
  const [low, high] = interval ?? [0, 0];
  const values = { value: fixed(choice.accuracy), low: fixed(low), high: fixed(high), chance: fixed(chance) };
  return dotPlot(choice.accuracy, interval, axis, chance, t('intervalOf', values));
}

/**
 * How a share of items is shown: percent, or a fraction where there are fewer than twenty items.
 * @param {number} correct
 * @param {number} n
 * @param {number} digits
 */
export function share(correct, n, digits) {
  if (n < 20) return `${correct}/${n}`;
  return fixed((100 * correct) / n, digits);
}

/** @param {number} n */
export function itemsText(n) {
  return n === 1 ? t('oneItem') : t('itemsOf', { n: counted(n) });
}

export function isBlind() {
  return new URLSearchParams(location.hash.slice(1)).get('blind') === '1';
}

/** Whether squares are too many to hold letters. */
export function isNarrow() {
  return core.runs.length > 12;
}
