// Two runs beside each other, and the matrix of all pairs where there are more.

import { counted, el, fixed, region, signed } from './base.js';
import { go, link } from './address.js';
import { comparison, core, groupOf, isRight, isShared, languageOf } from './data.js';
import { runA, runB } from './filter.js';
import { dotPlot, isNarrow, itemsLink, kept, square } from './marks.js';
import { addPhrases, t } from './words.js';

/** @typedef {import('./data.js').Run} Run */

addPhrases({
  pairTitle: ['{a} and {b}', '{a} 与 {b}'],
  difference: ['A − B', 'A − B'],
  differenceFacts: [
    '{points} points, 95 % interval [{low}, {high}]',
    '{points} 个百分点，95 % 置信区间 [{low}, {high}]',
  ],
  'verdict-first': ['A is better than B.', 'A 优于 B。'],
  'verdict-second': ['B is better than A.', 'B 优于 A。'],
  'verdict-not shown': ['No difference is shown.', '未显示差异。'],
  'verdict-cannot be told': [
    'It cannot be told which is better: that depends on items without an answer, or there are too few sources.',
    '无法判定优劣：取决于未作答的题目，或来源过少。',
  ],
  pOf: ['p {p}, adjusted for all pairs {adjusted}', 'p {p}，按全部配对校正后 {adjusted}'],
  detectable: ['Minimum detectable difference: {points} points', '最小可检测差异：{points} 个百分点'],
  onItems: ['On the {n} items that every run was asked.', '基于所有运行均被提问的 {n} 题。'],
  counts: ['Items', '题数'],
  bRight: ['B right', 'B 正确'],
  bNot: ['B not right', 'B 不正确'],
  aRight: ['A right', 'A 正确'],
  aNot: ['A not right', 'A 不正确'],
  byGroup: ['By {what}: A − B in points with its 95 % interval', '按{what}：A − B（百分点）及 95 % 置信区间'],
  differing: ['Items on which they differ', '二者不同的题目'],
  more: ['all {n}', '全部 {n}'],
  matrix: ['All pairs', '全部配对'],
  matrixHint: [
    'Above the diagonal: row minus column in points. Below: the adjusted p-value. Bold: decided. ' +
      'Press a cell to compare.',
    '对角线上方：行减列（百分点）；下方：校正后的 p 值。粗体：已有定论。点击格子进行比较。',
  ],
  swap: ['Swap A and B (x)', '交换 A 与 B (x)'],
  oneRun: ['There is one run; a comparison needs two.', '只有一个运行；比较需要两个。'],
  noComparison: ['These runs share no item, so there is nothing to compare.', '这些运行没有共同题目，无法比较。'],
  unlike: ['The runs differ in more than the model: {parts}', '这些运行不仅模型不同：{parts}'],
});

/** @param {HTMLElement} main */
export async function drawCompare(main) {
  if (core.runs.length < 2) {
    main.append(el('p', {}, t('oneRun')));
    return;
  }
  const compared = await comparison();
  if (!compared) {
    main.append(el('p', {}, t('noComparison')));
    return;
  }
  main.append(pickers());
  const [a, b] = [runA(), runB()];
  const found = pairOf(compared, a, b);
  if (found) main.append(...pairSections(compared, found, a, b));
  if (core.runs.length > 2) main.append(matrix(compared, a, b));
}

/**
 * The numbers of two runs, and whether they stand the other way round.
 * @param {any} compared
 * @param {Run} a
 * @param {Run} b
 */
function pairOf(compared, a, b) {
  for (const pair of compared.pairs) {
    if (pair.first === a.label && pair.second === b.label) return { pair, sign: 1 };
    if (pair.first === b.label && pair.second === a.label) return { pair, sign: -1 };
  }
  return null;
}

function pickers() {
  const picker = (/** @type {'a' | 'b'} */ name, /** @type {Run} */ chosen) =>
    el(
      'select',
      {
        'aria-label': `${t('run')} ${name.toUpperCase()}`,
        'data-filter': name,
        onchange: (/** @type {any} */ event) => go({ [name]: event.target.value }),
      },
      ...core.runs.map((run) =>
        el(
          'option',
          { value: run.key, selected: run === chosen },
          `${name.toUpperCase()}: ${run.number} ${run.name}`,
        ),
      ),
    );
  return el(
    'div',
    { class: 'bar' },
    picker('a', runA()),
    picker('b', runB()),
    el('button', { onclick: swapRuns }, t('swap')),
  );
}

/** Exchange run A and run B. */
export function swapRuns() {
  go({ a: runB().key, b: runA().key });
}

/**
 * A difference as the command prints it, the other way round where the runs are.
 * @param {any} scores
 * @param {number} sign
 */
function turned(scores, sign) {
  const [low, high] = scores.interval;
  return sign > 0 ? { points: scores.difference, low, high } : { points: -scores.difference, low: -high, high: -low };
}

/**
 * A p-value; one that would read as 0 is said to be below the last digit.
 * @param {number} value
 * @param {number} digits
 */
function smallP(value, digits) {
  const least = 10 ** -digits;
  return value < least ? `< ${least.toFixed(digits)}` : fixed(value, digits);
}

/**
 * @param {any} compared
 * @param {{pair: any, sign: number}} found
 * @param {Run} a
 * @param {Run} b
 */
function pairSections(compared, { pair, sign }, a, b) {
  const { points, low, high } = turned(pair.all, sign);
  const turn = /** @type {Record<string, string>} */ ({ first: 'second', second: 'first' });
  const verdict = sign > 0 ? pair.all.verdict : (turn[pair.all.verdict] ?? pair.all.verdict);
  const p = (/** @type {number | null} */ value) => (value === null ? '–' : smallP(value, 4));
  const unlike = compared.differing.map((/** @type {any} */ each) => each.part).join(', ');
  const detectable = pair.minimum_detectable;
  return [
    el(
      'div',
      { class: 'columns' },
      el(
        'section',
        { class: 'difference' },
        el('h2', { class: 'told' }, t('pairTitle', { a: a.name, b: b.name })),
        el(
          'p',
          { class: 'headline' },
          el('strong', { 'data-number': 'difference' }, signed(points)),
          ' ',
          el(
            'span',
            { class: 'quiet', 'data-number': 'interval' },
            t('differenceFacts', { points: t('difference'), low: signed(low), high: signed(high) }),
          ),
        ),
        el('p', { 'data-verdict': verdict }, el('strong', {}, t(`verdict-${verdict}`))),
        el('p', {}, t('pOf', { p: p(pair.all.p), adjusted: p(pair.all.p_adjusted) })),
        detectable && el('p', {}, t('detectable', { points: fixed(detectable.points) })),
        el('p', { class: 'quiet' }, t('onItems', { n: counted(compared.asked) })),
        unlike && el('p', { class: 'quiet' }, t('unlike', { parts: unlike })),
      ),
      countsTable(a, b),
    ),
    ...['modality', 'category'].map((dimension) => groupPlots(pair.groups[dimension], dimension, sign)),
    differingList(a, b),
  ];
}

/**
 * @param {Run} a
 * @param {Run} b
 */
function countsTable(a, b) {
  const counts = { both: 0, 'only-a': 0, 'only-b': 0, neither: 0 };
  for (let place = 0; place < core.items.id.length; place++) {
    if (!isShared(place)) continue;
    const [one, other] = [isRight(a, place), isRight(b, place)];
    counts[one ? (other ? 'both' : 'only-a') : other ? 'only-b' : 'neither'] += 1;
  }
  const cell = (/** @type {keyof typeof counts} */ show) =>
    el(
      'td',
      { class: 'number' },
      itemsLink(
        counted(counts[show]),
        { show, a: a.key, b: b.key },
        { 'data-count': counts[show], 'data-show': show },
      ),
    );
  return el(
    'section',
    {},
    el('h2', {}, t('counts')),
    el(
      'table',
      { class: 'two-by-two' },
      el(
        'thead',
        {},
        el(
          'tr',
          {},
          el('td'),
          ...['bRight', 'bNot'].map((name) => el('th', { scope: 'col', class: 'number' }, t(name))),
        ),
      ),
      el(
        'tbody',
        {},
        el('tr', {}, el('th', { scope: 'row' }, t('aRight')), cell('both'), cell('only-a')),
        el('tr', {}, el('th', { scope: 'row' }, t('aNot')), cell('only-b'), cell('neither')),
      ),
    ),
  );
}

/**
 * @param {Record<string, any>} groups
 * @param {string} dimension
 * @param {number} sign
 */
function groupPlots(groups, dimension, sign) {
  const rows = Object.entries(groups).map(([name, scores]) => ({ name, scores, ...turned(scores, sign) }));
  const bounds = rows.flatMap((row) => [row.low, row.high, 0]);
  const limit = Math.min(100, Math.max(...bounds.map(Math.abs), 5));
  /** @type {[number, number]} */
  const axis = [-limit, limit];
  return el(
    'section',
    {},
    el('h3', {}, t('byGroup', { what: t(dimension) })),
    el(
      'table',
      { class: 'plain groups', 'data-dimension': dimension },
      el(
        'tbody',
        {},
        ...rows.map(({ name, scores, points, low, high }) => {
          const text = `${signed(points)} [${signed(low)}, ${signed(high)}]`;
          return el(
            'tr',
            {},
            el('th', { scope: 'row' }, name),
            el('td', { class: 'plot' }, dotPlot(points, [low, high], axis, 0, text)),
            el('td', { class: 'number value' }, text),
            el('td', { class: 'number quiet' }, `n ${counted(scores.n)}`),
            el('td', { class: 'quiet' }, scores.verdict === 'not shown' ? '' : t(groupVerdict(scores.verdict, sign))),
          );
        }),
      ),
    ),
  );
}

/**
 * @param {string} verdict
 * @param {number} sign
 */
function groupVerdict(verdict, sign) {
  if (verdict === 'cannot be told') return 'fall-cannot be told';
  return (verdict === 'first') === sign > 0 ? 'aBetter' : 'bBetter';
}

addPhrases({ aBetter: ['A better', 'A 更好'], bBetter: ['B better', 'B 更好'] });

const LISTED = 25;

/**
 * @param {Run} a
 * @param {Run} b
 */
function differingList(a, b) {
  const places = core.items.id
    .map((_, place) => place)
    .filter((place) => isShared(place) && isRight(a, place) !== isRight(b, place));
  return el(
    'section',
    {},
    el(
      'h3',
      {},
      t('differing'),
      ' ',
      itemsLink(
        t('more', { n: counted(places.length) }),
        { show: 'differ', a: a.key, b: b.key },
        { 'data-count': places.length },
      ),
    ),
    el(
      'ul',
      { class: 'differing' },
      ...places.slice(0, LISTED).map((place) =>
        el(
          'li',
          {},
          square(a, place, isNarrow()),
          square(b, place, isNarrow()),
          ' ',
          el(
            'a',
            {
              href: link({ v: 'item', i: core.items.id[place], show: 'differ', a: a.key, b: b.key, ...kept() }, true),
              class: 'told',
              lang: languageOf(place),
            },
            core.items.question[place] || core.items.id[place],
          ),
          el('small', { class: 'quiet' }, ` ${groupOf('modality', place)}`),
        ),
      ),
    ),
  );
}

/**
 * @param {any} compared
 * @param {Run} a
 * @param {Run} b
 */
function matrix(compared, a, b) {
  const { runs } = core;
  const cell = (/** @type {Run} */ row, /** @type {Run} */ column, /** @type {boolean} */ above) => {
    if (row === column) return el('td', { class: 'quiet' }, '·');
    const found = pairOf(compared, row, column);
    if (!found) return el('td');
    const { all } = found.pair;
    const decided = all.verdict === 'first' || all.verdict === 'second';
    const text = above
      ? signed(turned(all, found.sign).points)
      : all.p_adjusted === null
        ? '–'
        : smallP(all.p_adjusted, 3);
    const chosen = (row === a && column === b) || (row === b && column === a);
    const address = link({ v: 'compare', a: row.key, b: column.key, ...kept() }, true);
    return el(
      'td',
      { class: `number${decided ? ' decided' : ''}${chosen ? ' chosen' : ''}` },
      el('a', { href: address, title: `${row.name} − ${column.name}` }, text),
    );
  };
  return el(
    'section',
    {},
    el('h2', {}, t('matrix')),
    el('p', { class: 'quiet small' }, t('matrixHint')),
    region(
      t('matrix'),
      el(
        'table',
        { class: 'matrix' },
        el(
          'thead',
          {},
          el(
            'tr',
            {},
            el('td'),
            ...runs.map((run) => el('th', { scope: 'col', class: 'number', title: run.name }, run.number)),
          ),
        ),
        el(
          'tbody',
          {},
          ...runs.map((row, at) =>
            el(
              'tr',
              {},
              el('th', { scope: 'row', class: 'told' }, `${row.number} ${row.name}`),
              ...runs.map((column, other) => cell(row, column, other > at)),
            ),
          ),
        ),
      ),
    ),
  );
}
