// The first view of a report: one row a run, the groups of one run, and what deserves a look.

import { counted, el, fixed, headRow, region } from './base.js';
import { comparison, core, ruleOf } from './data.js';
import { largestGroup, runA } from './filter.js';
import { heatMap } from './heat_map.js';
import { accuracyPlot, axisOf, intervalOf, intervalText, itemsLink, itemsText, shown } from './marks.js';
import { relianceSection, repeatsSection, rotationsSection, rubricSection, speedSection } from './measures.js';
import { addPhrases, t } from './words.js';

/** @typedef {import('./data.js').Run} Run */

addPhrases({
  runsTitle: ['Runs', '运行'],
  runsHint: [
    'Dot: choice accuracy with its 95 % interval; dashed line: chance. Ranks are ranges: runs that share a place ' +
      'cannot be told apart.',
    '圆点：选项准确率及其 95 % 置信区间；虚线：随机水平。名次为区间：名次重叠的运行无法区分。',
  ],
  rank: ['rank', '名次'],
  model: ['model', '模型'],
  interval: ['95 % interval', '95 % 置信区间'],
  unfinished: ['not finished', '未完成'],
  resultsTable: ['Results of all runs', '全部运行的结果'],
  headline: ['{model}: choice accuracy', '{model}：选项准确率'],
  headlineFacts: [
    '{correct} of {n} items · official {official} % · chance {chance} %',
    '{n} 题中的 {correct} 题 · 官方 {official} % · 随机 {chance} %',
  ],
  bySource: ['Interval: 95 %, items clustered by {n} source videos', '区间：95 %，题目按 {n} 个来源视频聚类'],
  byItem: ["Interval: 95 %, Wilson's", '区间：95 %，Wilson 法'],
  askedOnly: [
    '{asked} of {n} items were asked; accuracies are of those.',
    '{n} 题中提问了 {asked} 题；准确率以此为准。',
  ],
  states: ['Answers', '作答'],
  look: ['Worth a look', '值得一看'],
  lookOfficial: ['{n}: official right, choice not', '{n}：官方判对，选项判错'],
  lookChoice: ['{n}: choice right, official not', '{n}：选项判对，官方判错'],
  mostly: [' (most often: {rule}, {n})', '（最常见：{rule}，{n}）'],
  lookCut: ['{n}: cut off at {limit} tokens', '{n}：在 {limit} 个 token 处被截断'],
  lookCutOpen: ['{n}: cut off at the token limit', '{n}：因 token 上限被截断'],
  lookUnresolved: [
    'Largest unresolved group: {mod} × {cat}, {k} of {n}',
    '无法判定最多的组：{mod} × {cat}，{n} 题中 {k} 题',
  ],
  lookShape: ['{n}: no choice named ({shape})', '{n}：未给出选项（{shape}）'],
  lookNothing: [
    'Nothing: both scorers agree on every item, and every answer names a choice.',
    '无：两种评分完全一致，且每个回答都给出了选项。',
  ],
  letters: ['{n}: a letter alone, which the official rule cannot read', '{n}：只有字母，官方规则无法识别'],
  signature: ['Signature', '签名'],
  notes: ['Notes', '备注'],
});

/** @param {HTMLElement} main */
export async function drawOverview(main) {
  const compared = await comparison();
  const single = core.runs.length === 1;
  const left = el('div', {}, single ? headline(core.runs[0]) : runsTable(compared), lookSection(runA()));
  main.append(
    el('div', { class: 'columns' }, left, heatMap(runA())),
    ...core.reliances.map(relianceSection),
    ...core.runs.filter((run) => run.score.rotations).map(rotationsSection),
    ...core.runs.filter((run) => run.score.repeats).map(repeatsSection),
    rubricSection() || '',
    speedSection() || '',
    noteSection(),
    signatureSection(),
  );
}

/** @param {Run} run */
function headline(run) {
  const { n, chance, official, choice } = shown(run);
  const interval = intervalOf(choice);
  return el(
    'section',
    {},
    el('h2', {}, t('headline', { model: run.name })),
    el(
      'p',
      { class: 'headline' },
      el('strong', { 'data-number': 'choice' }, fixed(choice.accuracy), ' %'),
      ' ',
      el('span', { class: 'quiet', 'data-number': 'interval' }, intervalText(interval)),
    ),
    accuracyPlot(run, axisOf([...(interval ?? [choice.accuracy]), chance])),
    el(
      'p',
      {},
      t('headlineFacts', {
        correct: counted(choice.correct),
        n: counted(n),
        official: fixed(official.accuracy),
        chance: fixed(chance),
      }),
    ),
    interval && el('p', { class: 'quiet' }, intervalMethod(choice)),
    run.score.asked && el('p', {}, t('askedOnly', { asked: counted(n), n: counted(run.score.n) })),
    statesBar(run),
  );
}

/** @param {import('./data.js').Accuracy} accuracy */
function intervalMethod({ clustered }) {
  return clustered ? t('bySource', { n: counted(clustered.clusters) }) : t('byItem');
}

const STATE_LOOKS = { right: 'is-right', wrong: 'is-wrong', unresolved: 'is-open', refused: 'is-open' };

/**
 * How many items stand how in a run: a bar, and a link to each.
 * @param {Run} run
 */
function statesBar(run) {
  const { choice: read, ...others } = run.score.states;
  const correct = run.score.scores.choice.correct;
  const counts = Object.entries({ right: correct, wrong: read - correct, ...others }).filter(([, count]) => count);
  const bar = el('div', { class: 'states-bar', 'aria-hidden': 'true' });
  for (const [name, count] of counts) {
    const part = el('span', { class: STATE_LOOKS[/** @type {'right'} */ (name)] ?? 'is-none' });
    part.style.flexGrow = String(count);
    bar.append(part);
  }
  const links = counts.map(([name, count]) =>
    el(
      'li',
      {},
      el('span', { class: `swatch ${STATE_LOOKS[/** @type {'right'} */ (name)] ?? 'is-none'}` }),
      itemsLink(`${counted(count)} ${t(name)}`, { show: name, a: run.key }, { 'data-state': name }),
    ),
  );
  if (run.score.cut_off) {
    const text = `${counted(run.score.cut_off)} ${t('cut')}`;
    links.push(el('li', {}, itemsLink(text, { show: 'cut', a: run.key }, { 'data-state': 'cut' })));
  }
  return el('div', {}, el('h3', {}, t('states')), bar, el('ul', { class: 'inline-list' }, ...links));
}

/** @param {any} compared */
function runsTable(compared) {
  /** @type {Map<string, any>} */
  const ranks = new Map((compared?.runs ?? []).map((/** @type {any} */ each) => [each.label, each]));
  const order = [...core.runs].sort((one, other) => shown(other).choice.accuracy - shown(one).choice.accuracy);
  const axis = axisOf(
    core.runs.flatMap((run) => {
      const { choice, chance } = shown(run);
      return [...(intervalOf(choice) ?? [choice.accuracy]), chance];
    }),
  );
  const body = order.map((run) => {
    const { official, choice, n } = shown(run);
    const ranked = ranks.get(run.label);
    const places = ranked ? (ranked.rank === ranked.worst ? ranked.rank : `${ranked.rank}–${ranked.worst}`) : '–';
    const { unresolved, failed } = run.score.states;
    const few = (/** @type {string} */ name, /** @type {number} */ count) =>
      el('td', { class: 'number', 'data-column': name }, count ? stateLink(run, name, count) : '0');
    return el(
      'tr',
      { 'data-run': run.key },
      el('td', { 'data-column': 'rank' }, places),
      el(
        'th',
        { scope: 'row', class: 'run-name' },
        el('span', { class: 'quiet' }, run.number, ' '),
        itemsLink(run.name, { show: 'wrong', a: run.key }),
        !run.finished && el('small', { class: 'quiet' }, ` ${t('unfinished')}`),
        run.score.asked && el('small', { class: 'quiet' }, ` ${itemsText(n)}`),
      ),
      el('td', { class: 'number', 'data-column': 'official' }, fixed(official.accuracy)),
      el('td', { class: 'number strong', 'data-column': 'choice' }, fixed(choice.accuracy)),
      el(
        'td',
        { class: 'plot', 'data-column': 'interval' },
        accuracyPlot(run, axis),
        ' ',
        el('small', { class: 'quiet nowrap' }, intervalText(intervalOf(choice))),
      ),
      few('unresolved', unresolved),
      few('failed', failed),
    );
  });
  const heads = ['rank', 'model', 'official', 'choice', 'interval', 'unresolved', 'failed'];
  const numbers = new Set(['official', 'choice', 'unresolved', 'failed']);
  return el(
    'section',
    {},
    el('h2', {}, t('runsTitle')),
    el('p', { class: 'quiet small' }, t('runsHint')),
    region(
      t('resultsTable'),
      el(
        'table',
        { class: 'results' },
        headRow(
          heads.map((name) => t(name)),
          (at) => numbers.has(heads[at]),
        ),
        el('tbody', {}, ...body),
      ),
    ),
  );
}

/**
 * @param {Run} run
 * @param {string} name
 * @param {number} count
 */
function stateLink(run, name, count) {
  return itemsLink(counted(count), { show: name, a: run.key }, { title: `${run.name}: ${t(name)}` });
}

/** @param {Run} run */
function lookSection(run) {
  const links = [];
  for (const [show, key] of [
    ['official-only', 'lookOfficial'],
    ['choice-only', 'lookChoice'],
  ]) {
    const wanted = show === 'official-only' ? '1' : '2';
    /** @type {Map<string, number>} */
    const rules = new Map();
    let count = 0;
    for (let place = 0; place < run.verdicts.length; place++) {
      if (run.verdicts[place] !== wanted) continue;
      count += 1;
      rules.set(ruleOf(run, place), (rules.get(ruleOf(run, place)) || 0) + 1);
    }
    if (!count) continue;
    const [rule, most] = [...rules].sort((one, other) => other[1] - one[1])[0];
    const text = t(key, { n: itemsText(count) });
    links.push([text, { show }, show === 'official-only' ? t('mostly', { rule, n: most }) : '', count]);
  }
  const { cut_off: cut, unread, letters } = run.score;
  if (cut) {
    const values = { n: itemsText(cut), limit: counted(run.maxTokens ?? 0) };
    links.push([t(run.maxTokens ? 'lookCut' : 'lookCutOpen', values), { show: 'cut' }, '', cut]);
  }
  const group = largestGroup(run, 'u');
  if (group?.count) {
    const filters = { show: 'unresolved', mod: group.mod, cat: group.cat };
    links.push([t('lookUnresolved', { ...group, k: group.count }), filters, '', group.count]);
  }
  for (const [shape, count] of Object.entries(unread)) {
    links.push([t('lookShape', { n: itemsText(count), shape: t(shape) }), { shape }, '', count]);
  }
  return el(
    'section',
    { class: 'look' },
    el('h2', {}, t('look'), core.runs.length > 1 && el('small', { class: 'quiet' }, ` ${run.name}`)),
    el(
      'ul',
      {},
      ...links.map(([text, filters, after, count]) =>
        el(
          'li',
          {},
          itemsLink(String(text), { ...Object(filters), a: run.key }, { 'data-count': count }),
          String(after),
        ),
      ),
      letters > 0 && el('li', {}, t('letters', { n: itemsText(letters) })),
      !links.length && el('li', {}, t('lookNothing')),
    ),
    core.runs.length > 1 && statesBar(run),
  );
}

function noteSection() {
  const said = new Map(core.runs.map((run) => [run, run.score.notes]));
  const lines = [
    ...core.notes.map((note) => el('li', { lang: 'en' }, note)),
    ...[...said].flatMap(([run, notes]) =>
      notes.map((note) => el('li', { lang: 'en' }, core.runs.length > 1 ? `${run.number}: ${note}` : note)),
    ),
  ];
  return lines.length ? el('section', {}, el('h2', {}, t('notes')), el('ul', { class: 'small' }, ...lines)) : '';
}

function signatureSection() {
  return el(
    'section',
    {},
    el('h2', {}, t('signature')),
    ...core.runs.map((run) =>
      el(
        'p',
        { class: 'mono', 'data-signature': run.key },
        core.runs.length > 1 && el('strong', {}, run.number, ' '),
        run.score.signature,
      ),
    ),
  );
}
