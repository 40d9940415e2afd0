// What the page is: signatures, the prompt as sent, the licence of the sounds, and what was left out.

import { counted, el } from './base.js';
import { comparison, core, textsOf } from './data.js';
import { requests } from './item.js';
import { addPhrases, t } from './words.js';

addPhrases({
  benchmark: ['Benchmark', '基准'],
  digest: ['content digest', '内容摘要'],
  questions: ['{n} questions', '{n} 题'],
  signatures: ['Signatures', '签名'],
  signatureHint: [
    'Each line names everything that the numbers of a run depend on.',
    '每行列出该运行的数值所依赖的全部条件。',
  ],
  prompt: ['The first question as sent', '第一题的实际请求'],
  licence: ['Licence of the data and the clips', '数据与音频的许可'],
  licenceOf: ['{title}: {licence}', '{title}：{licence}'],
  noLicence: ['The benchmark is not known by name; its own licence applies.', '该基准未收录；以其自身许可为准。'],
  citation: ['Cite as', '引用'],
  contents: ['What this page holds', '本页内容'],
  audioCopy: [
    '{n} clips lie beside the page, each once, in the folder audio.',
    '页面旁的 audio 文件夹含 {n} 个音频，各一份。',
  ],
  audioMissing: ['{n} clips are missing or could not be read.', '{n} 个音频缺失或无法读取。'],
  audioLink: ['Clips are not part of the page; items name their sources.', '本页不含音频；题目中注明来源。'],
  audioNone: ['Clips are not part of the page.', '本页不含音频。'],
  textsInline: ['All answers are inside the page.', '所有回答均在页面内。'],
  textsFiles: [
    'The page would have more than 5 MB with the answers inside, so they lie beside it in the folder texts: ' +
      '{n} files.',
    '若包含回答，页面将超过 5 MB，故回答置于页面旁的 texts 文件夹：{n} 个文件。',
  ],
  textsNone: ['The texts of the answers were left out.', '回答文本未包含在内。'],
  textsCut: [
    '{n} texts have more than {limit} characters: their beginning, their end and the words that were read are shown.',
    '{n} 段文本超过 {limit} 字符：仅显示开头、结尾与被判读的词句。',
  ],
  methods: ['Methods', '方法'],
  methodChoice: [
    'official: the published rule, exactly, faults included. choice: the choice that the answer names; an answer ' +
      'that names none is unresolved, never a guess. A failed request is failed. All stay in the denominator.',
    '官方：严格按已发表的规则（含其缺陷）。选项：回答实际给出的选项；未给出者为“无法判定”，绝不猜测；请求失败计为失败。全部计入分母。',
  ],
  made: ['Made by {made}', '由 {made} 生成'],
});

/** @param {HTMLElement} main */
export async function drawAbout(main) {
  const { benchmark } = core;
  const compared = await comparison();
  main.append(
    el(
      'section',
      {},
      el('h2', {}, t('benchmark')),
      el('p', {}, el('span', { class: 'told' }, benchmark.title), ' · ', t('questions', { n: counted(benchmark.n) })),
      el('p', { class: 'mono' }, `${t('digest')} ${benchmark.digest}`),
      /^https?:\/\//.test(benchmark.homepage) &&
        el(
          'p',
          {},
          el('a', { href: benchmark.homepage, rel: 'noreferrer noopener', target: '_blank' }, benchmark.homepage),
        ),
      benchmark.citation && el('p', {}, `${t('citation')}: ${benchmark.citation}`),
    ),
    el(
      'section',
      {},
      el('h2', {}, t('licence')),
      el('p', {}, benchmark.licence ? t('licenceOf', benchmark) : t('noLicence')),
    ),
    el('section', {}, el('h2', {}, t('contents')), el('ul', {}, ...contents().map((line) => el('li', {}, line)))),
  );
  if (core.runs.length) {
    main.append(
      el(
        'section',
        {},
        el('h2', {}, t('signatures')),
        el('p', { class: 'quiet small' }, t('signatureHint')),
        ...core.runs.flatMap((run) => [
          el('h3', { class: 'told' }, `${run.number} ${run.name} (${run.file})`),
          el('p', { class: 'mono' }, run.score.signature),
        ]),
      ),
      el('section', {}, el('h2', {}, t('prompt')), ...requests(await textsOf(0))),
      el(
        'section',
        {},
        el('h2', {}, t('methods')),
        el('p', {}, t('methodChoice')),
        compared &&
          el(
            'ul',
            { class: 'small', lang: 'en' },
            ...Object.entries(compared.methods).map(([name, text]) => el('li', {}, `${name}: ${text}`)),
          ),
      ),
    );
  }
  main.append(el('p', { class: 'quiet' }, t('made', { made: core.made })));
}

function contents() {
  const { file, problem } = core.clips;
  const missing = problem.filter(Boolean).length;
  const lines = [];
  if (core.audio === 'copy') lines.push(t('audioCopy', { n: counted(new Set(file.filter(Boolean)).size) }));
  else lines.push(t(core.audio === 'link' ? 'audioLink' : 'audioNone'));
  if (missing) lines.push(t('audioMissing', { n: counted(missing) }));
  const files = Math.ceil(core.items.id.length / core.texts.each);
  const mode = { inline: 'textsInline', files: 'textsFiles', none: 'textsNone' }[core.textMode];
  if (core.runs.length) lines.push(t(mode, { n: counted(files) }));
  if (core.texts.cut) lines.push(t('textsCut', { n: counted(core.texts.cut), limit: counted(core.texts.limit) }));
  return lines;
}
