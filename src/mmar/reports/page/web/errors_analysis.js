// The distribution of labels, and how well labellers agree.

import { counted, el, fixed, headRow, svg } from './base.js';
import { link } from './address.js';
import { addPhrases, t } from './words.js';

/** @typedef {{count: number, share: number, interval: [number, number]}} KindShare */

addPhrases({
  settled: [
    '{settled} of {wrong} wrong answers have labels without disagreement.',
    '{wrong} 个错误回答中有 {settled} 个标注无分歧。',
  ],
  kind: ['kind', '类型'],
  n: ['n', '数量'],
  share: ['% [95 % interval]', '% [95 % 区间]'],
  agreement: ['Agreement', '一致性'],
  agreement_line: [
    '{first} and {second}: kappa {kappa}, {equal} % equal of {n} items',
    '{first} 与 {second}：kappa {kappa}，{n} 题中 {equal} % 相同',
  ],
  alpha_line: ["Krippendorff's alpha {alpha} of {n} items", '{n} 题的 Krippendorff alpha {alpha}'],
  by_labeller: ['By labeller', '按标注者'],
  disputed: ['Items whose labellers differ', '标注有分歧的题目'],
  proposals: ['Proposals of models (no part of the numbers above)', '模型的建议（不计入以上数字）'],
  undefined: ['undefined', '无定义'],
});

/**
 * @param {Record<string, KindShare>} shares
 */
function sharesTable(shares) {
  return el(
    'table',
    { class: 'narrow' },
    headRow(['kind', 'n', 'share', ''].map((name) => name && t(name))),
    el(
      'tbody',
      {},
      ...Object.entries(shares).map(([kind, one]) => {
        const [low, high] = one.interval;
        return el(
          'tr',
          {},
          el('td', {}, t(kind)),
          el('td', { class: 'number' }, counted(one.count)),
          el('td', { class: 'number' }, `${fixed(one.share)} [${fixed(low)}, ${fixed(high)}]`),
          el(
            'td',
            {},
            svg(
              'svg',
              { class: 'share', viewBox: '0 0 100 10', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
              svg('rect', { x: 0, y: 1, width: one.share, height: 8, class: 'bar-mark' }),
              svg('line', { x1: low, x2: high, y1: 5, y2: 5, class: 'interval' }),
            ),
          ),
        );
      }),
    ),
  );
}

/**
 * @param {number | null} value
 * @param {[number, number] | null} interval
 */
function coefficient(value, interval) {
  if (value === null) return t('undefined');
  return `${fixed(value, 2)}${interval ? ` [${fixed(interval[0], 2)}, ${fixed(interval[1], 2)}]` : ''}`;
}

/** @param {any} one */
function agreementLine(one) {
  const { kappa } = one;
  const values = { first: one.first, second: one.second, n: kappa.n, equal: fixed(kappa.agreement, 0) };
  return el('p', {}, t('agreement_line', { ...values, kappa: coefficient(kappa.kappa, kappa.interval) }));
}

/** @param {any} found what the server's analysis says */
export function analysisView(found) {
  const alpha = found.alpha;
  return el(
    'div',
    {},
    el('p', {}, t('settled', { settled: found.settled, wrong: found.wrong })),
    sharesTable(found.kinds),
    found.agreement.length ? el('h2', {}, t('agreement')) : null,
    ...found.agreement.map(agreementLine),
    alpha && found.agreement.length
      ? el('p', {}, t('alpha_line', { alpha: coefficient(alpha.alpha, alpha.interval), n: alpha.units }))
      : null,
    found.disputed.length ? el('h2', {}, t('disputed')) : null,
    found.disputed.length
      ? el(
          'ul',
          {},
          ...found.disputed.map((/** @type {string} */ id) =>
            el('li', {}, el('a', { href: link({ v: null, i: id }) }, id)),
          ),
        )
      : null,
    el('h2', {}, t('by_labeller')),
    ...Object.entries(found.by_labeller).flatMap(([name, shares]) => [
      el('h3', {}, name),
      sharesTable(/** @type {any} */ (shares)),
    ]),
    Object.keys(found.proposals).length ? el('h2', {}, t('proposals')) : null,
    ...Object.entries(found.proposals).flatMap(([name, shares]) => [
      el('h3', {}, name),
      sharesTable(/** @type {any} */ (shares)),
    ]),
    ...found.proposal_agreement.map(agreementLine),
    el('p', { class: 'mono quiet' }, found.signature),
  );
}
