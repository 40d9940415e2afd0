// What else is known of the runs: reliance on the audio, order of the choices, rubrics, time and cost.

import { counted, el, fixed, headRow, region, signed } from './base.js';
import { core } from './data.js';
import { intervalText, itemsLink, itemsText } from './marks.js';
import { addPhrases, t } from './words.js';

/** @typedef {import('./data.js').Run} Run */

addPhrases({
  relianceTitle: ['Reliance on the audio', '对音频的依赖'],
  relianceHint: [
    '{model}, {n} items: accuracy with the real clips {full} % {interval}; under each condition:',
    '{model}，{n} 题：真实音频下准确率 {full} % {interval}；各对照条件下：',
  ],
  condition: ['condition', '条件'],
  accuracy: ['accuracy', '准确率'],
  falls: ['real minus condition, points', '真实减去该条件（百分点）'],
  verdict: ['verdict', '结论'],
  reliance: ['reliance', '依赖度'],
  'fall-falls': ['falls', '下降'],
  'fall-rises': ['rises', '上升'],
  'fall-not shown': ['not shown', '未显示差异'],
  'fall-cannot be told': ['cannot be told', '无法判定'],
  solved: [
    '{k} of {n} items are right under every condition that hides the clip',
    '{n} 题中有 {k} 题在所有无音频条件下均答对',
  ],
  rotationsTitle: ['Order of the choices', '选项顺序'],
  rotationsFacts: [
    '{name}: {n} items in {questions} questions. Mean {mean} % {meanInterval}, right in every order {all} % ' +
      '{allInterval}, orders that agree {agreement} %, chance {chance} %',
    '{name}：{n} 题，共 {questions} 问。平均 {mean} % {meanInterval}，' +
      '所有顺序均答对 {all} % {allInterval}，顺序间一致 {agreement} %，随机 {chance} %',
  ],
  repeatsTitle: ['Repeats', '重复提问'],
  repeatsFacts: [
    '{name}: {n} items, {repeats} answers each. One answer {accuracy} % {interval}, majority {majority} % ' +
      '{majorityInterval}, standard deviation of a run {deviation} points',
    '{name}：{n} 题，每题 {repeats} 次。单次 {accuracy} % {interval}，多数 {majority} % {majorityInterval}，' +
      '单次运行标准差 {deviation} 个百分点',
  ],
  draws: ['answers', '次数'],
  passAt: ['any right, %', '至少一次答对 %'],
  passAll: ['all right, %', '每次都答对 %'],
  unsteady: ['{n} on which the answers differ', '回答不一致的 {n}'],
  slot: ['place', '位置'],
  namedShare: ['named, %', '被选 %'],
  keyShare: ['key, %', '正确答案 %'],
  rubricTitle: ['Reasoning (rubrics)', '推理（评分细则）'],
  judge: ['judge', '评审'],
  score: ['score', '得分'],
  unjudged: ['unjudged', '未评'],
  speedTitle: ['Time and cost', '时间与成本'],
  median: ['median, s', '中位数（秒）'],
  p95: ['95th percentile, s', '95 分位（秒）'],
  tokensIn: ['input tokens', '输入 token'],
  tokensOut: ['output tokens', '输出 token'],
  cost: ['cost', '成本'],
});

/**
 * @param {string[]} heads
 * @param {Node[]} rows
 * @param {string} label
 */
function plainTable(heads, rows, label) {
  return region(
    label,
    el(
      'table',
      { class: 'plain' },
      headRow(
        heads.map((name) => t(name)),
        (at) => at > 0,
      ),
      el('tbody', {}, ...rows),
    ),
  );
}

/**
 * @param {string} name
 * @param {(string | Node)[]} cells
 */
function plainRow(name, cells) {
  return el('tr', {}, el('th', { scope: 'row' }, name), ...cells.map((cell) => el('td', { class: 'number' }, cell)));
}

/** @param {any} measured what `mmar reliance --json` prints */
export function relianceSection(measured) {
  const values = {
    model: measured.model,
    n: counted(measured.asked),
    full: fixed(measured.accuracy),
    interval: intervalText(measured.interval),
  };
  const rows = measured.conditions.map((/** @type {any} */ each) =>
    plainRow(each.condition, [
      `${fixed(each.all.under)} ${intervalText(each.all.under_interval)}`,
      `${signed(each.all.difference)} [${signed(each.all.interval[0])}, ${signed(each.all.interval[1])}]`,
      t(`fall-${each.all.fall}`),
      each.all.reliance === null ? '–' : `${fixed(each.all.reliance)} %`,
    ]),
  );
  const { solved } = measured;
  return el(
    'section',
    { class: 'reliance' },
    el('h2', {}, t('relianceTitle')),
    el('p', {}, t('relianceHint', values)),
    plainTable(['condition', 'accuracy', 'falls', 'verdict', 'reliance'], rows, t('relianceTitle')),
    solved && el('p', {}, t('solved', { k: counted(solved.every_condition), n: counted(solved.n) })),
  );
}

/** @param {Run} run */
export function rotationsSection(run) {
  const rotated = run.score.rotations;
  const values = {
    name: run.name,
    n: counted(rotated.n),
    questions: counted(rotated.questions),
    mean: fixed(rotated.mean),
    meanInterval: intervalText(rotated.mean_interval),
    all: fixed(rotated.all_right),
    allInterval: intervalText(rotated.all_right_interval),
    agreement: rotated.agreement === null ? '–' : fixed(rotated.agreement),
    chance: fixed(rotated.chance),
  };
  const rows = rotated.slots.map((/** @type {any} */ each) =>
    plainRow(String.fromCharCode(64 + each.slot), [
      fixed(each.named),
      fixed(each.key),
      each.accuracy === null ? '–' : fixed(each.accuracy),
    ]),
  );
  return el(
    'section',
    { class: 'rotations' },
    el('h2', {}, t('rotationsTitle')),
    el('p', {}, t('rotationsFacts', values)),
    plainTable(['slot', 'namedShare', 'keyShare', 'accuracy'], rows, t('rotationsTitle')),
    unsteadyLink(run),
  );
}

/** @param {Run} run */
export function repeatsSection(run) {
  const again = run.score.repeats;
  const values = {
    name: run.name,
    n: counted(again.n),
    repeats: counted(again.repeats),
    accuracy: fixed(again.accuracy),
    interval: intervalText(again.interval),
    majority: fixed(again.majority),
    majorityInterval: intervalText(again.majority_interval),
    deviation: fixed(again.run_deviation),
  };
  const rows = again.rates.map((/** @type {any} */ each) =>
    plainRow(counted(each.k), [fixed(each.pass_at), fixed(each.pass_all)]),
  );
  return el(
    'section',
    { class: 'repeats' },
    el('h2', {}, t('repeatsTitle')),
    el('p', {}, t('repeatsFacts', values)),
    plainTable(['draws', 'passAt', 'passAll'], rows, t('repeatsTitle')),
    unsteadyLink(run),
  );
}

/** @param {Run} run */
function unsteadyLink(run) {
  const count = [...run.steady].filter((each) => each === '0').length;
  if (!count) return null;
  const text = t('unsteady', { n: itemsText(count) });
  return el('p', {}, itemsLink(text, { show: 'unsteady', a: run.key }, { 'data-count': count }));
}

export function rubricSection() {
  const rows = core.runs.flatMap((run) =>
    run.rubrics.map((each) =>
      plainRow(run.name, [
        each.judge,
        fixed(each.score, 2),
        `[${fixed(each.interval[0], 2)}, ${fixed(each.interval[1], 2)}]`,
        each.alpha === null ? '–' : fixed(each.alpha, 3),
        counted(each.unjudged),
      ]),
    ),
  );
  if (!rows.length) return null;
  const heads = ['model', 'judge', 'score', 'interval', 'α', 'unjudged'];
  return el(
    'section',
    { class: 'rubric' },
    el('h2', {}, t('rubricTitle')),
    plainTable(heads, rows, t('rubricTitle')),
  );
}

export function speedSection() {
  const timed = core.runs.filter((run) => run.speed);
  if (!timed.length) return null;
  const priced = timed.some((run) => run.speed.cost !== null);
  const seconds = (/** @type {number | null} */ value) => (value === null ? '–' : fixed(value, 2));
  const rows = timed.map((run) =>
    plainRow(run.name, [
      seconds(run.speed.median),
      seconds(run.speed.p95),
      run.speed.inputTokens ? counted(run.speed.inputTokens) : '–',
      run.speed.outputTokens ? counted(run.speed.outputTokens) : '–',
      ...(priced ? [run.speed.cost === null ? '–' : fixed(run.speed.cost, 2)] : []),
    ]),
  );
  const heads = ['model', 'median', 'p95', 'tokensIn', 'tokensOut', ...(priced ? ['cost'] : [])];
  return el('section', { class: 'speed' }, el('h2', {}, t('speedTitle')), plainTable(heads, rows, t('speedTitle')));
}
