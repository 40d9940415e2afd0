// Accuracy by modality and category: a table whose cells open their items.

import { counted, el, region } from './base.js';
import { go } from './address.js';
import { core, isRight } from './data.js';
import { itemsLink, share, shown } from './marks.js';
import { addPhrases, t } from './words.js';

/** @typedef {import('./data.js').Run} Run */

addPhrases({
  heat: ['Where it is right', '哪些题答对'],
  heatHint: [
    'Choice accuracy in percent with the number of items; hatched: fewer than 20 items, right of all. ' +
      'Press a cell to see its items.',
    '选项准确率（%）及题数；斜线：不足 20 题，显示“答对/总数”。点击格子查看题目。',
  ],
  heatOf: ['Run', '运行'],
  cell: ['{mod}, {cat}: {k} of {n} right. Press to see the items', '{mod}，{cat}：{n} 题中答对 {k} 题。点击查看题目'],
});

/**
 * Accuracy by modality and category, each cell a link to its items.
 * @param {Run} run
 */
export function heatMap(run) {
  const { modality, category } = core.items.names;
  const counts = modality.map(() => category.map(() => ({ n: 0, right: 0 })));
  core.items.modality.forEach((row, place) => {
    const cell = counts[row][core.items.category[place]];
    if (run.states[place] === 'm') return;
    cell.n += 1;
    if (isRight(run, place)) cell.right += 1;
  });
  const margin = (/** @type {string} */ dimension, /** @type {string} */ name) => {
    const group = run.score.groups[dimension]?.[name];
    const { n, choice } = group?.asked ?? group ?? { n: 0, choice: { correct: 0 } };
    const filters = dimension === 'modality' ? { mod: name } : { cat: name };
    return heatCell(run, filters, choice.correct, n, 1);
  };
  const whole = shown(run);
  const table = el(
    'table',
    { class: 'heat' },
    el('caption', {}, t('heatHint')),
    el(
      'thead',
      {},
      el(
        'tr',
        {},
        el('td'),
        ...category.map((name) => el('th', { scope: 'col', title: name }, name.replace(/ Layer$/, ''))),
        el('th', { scope: 'col' }, t('all')),
      ),
    ),
    el(
      'tbody',
      {},
      ...modality.map((name, row) =>
        el(
          'tr',
          {},
          el('th', { scope: 'row' }, name.replace(/^mix-/, '')),
          ...category.map((layer, column) => {
            const { n, right } = counts[row][column];
            return heatCell(run, { mod: name, cat: layer }, right, n, 0);
          }),
          margin('modality', name),
        ),
      ),
      el(
        'tr',
        { class: 'total' },
        el('th', { scope: 'row' }, t('all')),
        ...category.map((name) => margin('category', name)),
        heatCell(run, {}, whole.choice.correct, whole.n, 1),
      ),
    ),
  );
  const picker = el(
    'select',
    { id: 'heat-run', onchange: (/** @type {any} */ event) => go({ a: event.target.value }) },
    ...core.runs.map((each) =>
      el('option', { value: each.key, selected: each === run }, `${each.number} ${each.name}`),
    ),
  );
  return el(
    'section',
    {},
    el('h2', {}, t('heat')),
    core.runs.length > 1 && el('p', {}, el('label', { for: 'heat-run' }, t('heatOf'), ' '), picker),
    region(t('heat'), table),
  );
}

/**
 * @param {Run} run
 * @param {{mod?: string, cat?: string}} filters
 * @param {number} right
 * @param {number} n
 * @param {number} digits
 */
function heatCell(run, filters, right, n, digits) {
  const cell = el('td', { class: n && n < 20 ? 'few' : '' });
  if (!n) return cell;
  const values = { mod: filters.mod ?? t('all'), cat: filters.cat ?? t('all'), k: right, n };
  cell.append(
    itemsLink(
      share(right, n, digits),
      { ...filters, a: run.key },
      { 'aria-label': t('cell', values), title: t('cell', values) },
    ),
  );
  if (n >= 20) {
    cell.firstElementChild?.append(el('small', {}, `n ${counted(n)}`));
    cell.style.setProperty('--share', String(right / n));
  }
  return cell;
}
