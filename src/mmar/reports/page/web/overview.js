// The first view of a report: one row a run, the groups of one run, and what deserves a look.

import { counted, el, fixed, signed } from './base.js';
import { go, link, state } from './address.js';
import { comparison, core, isRight, ruleOf } from './data.js';
import { largestGroup, runA } from './filter.js';
import { accuracyPlot, axisOf, intervalOf, intervalText, itemsLink, itemsText, kept, share, shown } from './marks.js';
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
  askedOnly: [
    '{asked} of {n} items were asked; accuracies are of those.',
    '{n} 题中提问了 {asked} 题；准确率以此为准。',
  ],
  states: ['Answers', '作答'],
  heat: ['Where it is right', '哪些题答对'],
  heatHint: [
    'Choice accuracy in percent with the number of items; hatched: fewer than 20 items, right of all. ' +
      'Press a cell to see its items.',
    '选项准确率（%）及题数；斜线：不足 20 题，显示“答对/总数”。点击格子查看题目。',
  ],
  heatOf: ['Run', '运行'],
  cell: ['{mod}, {cat}: {k} of {n} right. Press to see the items', '{mod}，{cat}：{n} 题中答对 {k} 题。点击查看题目'],
  look: ['Worth a look', '值得一看'],
  lookOfficial: ['{n}: official right, choice not', '{n}：官方判对，选项判错'],
  lookChoice: ['{n}: choice right, official not', '{n}：选项判对，官方判错'],
  mostly: [' (most often: {rule}, {n})', '（最常见：{rule}，{n}）'],
  lookCut: ['{n} were cut off at {limit} tokens', '{n} 在 {limit} 个 token 处被截断'],
  lookCutOpen: ['{n} were cut off at the token limit', '{n} 因 token 上限被截断'],
  lookUnresolved: [
    'Largest unresolved group: {mod} × {cat}, {k} of {n}',
    '无法判定最多的组：{mod} × {cat}，{n} 题中 {k} 题',
  ],
  lookShape: ['{n} name no choice: {shape}', '{n} 未给出选项：{shape}'],
  lookNothing: [
    'Nothing: both scorers agree on every item, and every answer names a choice.',
    '无：两种评分完全一致，且每个回答都给出了选项。',
  ],
  letters: ['{n} answers are a letter, which the official rule cannot read', '{n} 个回答只有字母，官方规则无法识别'],
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
  signature: ['Signature', '签名'],
  notes: ['Notes', '备注'],
});

/** @param {HTMLElement} main */
export async function drawOverview(main) {
  const compared = await comparison();
  const single = core.runs.length === 1;
  const left = single ? el('div', {}, headline(core.runs[0]), lookSection(core.runs[0])) : runsTable(compared);
  main.append(
    el('div', { class: 'columns' }, left, heatMap(runA())),
    single ? '' : lookSection(runA()),
    ...core.reliances.map(relianceSection),
    ...core.runs.filter((run) => run.score.rotations).map(rotationsSection),
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
    run.score.asked && el('p', {}, t('askedOnly', { asked: counted(n), n: counted(run.score.n) })),
    statesBar(run),
  );
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
    el(
      'div',
      { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': t('resultsTable') },
      el(
        'table',
        { class: 'results' },
        el(
          'thead',
          {},
          el(
            'tr',
            {},
            ...heads.map((name) => el('th', { scope: 'col', class: numbers.has(name) && 'number' }, t(name))),
          ),
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

/**
 * Accuracy by modality and category, each cell a link to its items.
 * @param {Run} run
 */
function heatMap(run) {
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
    el('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': t('heat') }, table),
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
      letters > 0 && el('li', {}, t('letters', { n: counted(letters) })),
      !links.length && el('li', {}, t('lookNothing')),
    ),
    core.runs.length > 1 && statesBar(run),
  );
}

/**
 * @param {string[]} heads
 * @param {Node[]} rows
 * @param {string} label
 */
function plainTable(heads, rows, label) {
  return el(
    'div',
    { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': label },
    el(
      'table',
      { class: 'plain' },
      el(
        'thead',
        {},
        el('tr', {}, ...heads.map((name, at) => el('th', { scope: 'col', class: at > 0 && 'number' }, t(name)))),
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
function relianceSection(measured) {
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
function rotationsSection(run) {
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
  );
}

function rubricSection() {
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

function speedSection() {
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

/** Where the overview of a run is. */
export function overviewLink() {
  return link({ v: 'overview', a: state().get('a'), ...kept() }, true);
}
