// Why an answer was read as it was, and why the published rule decides so: a phrase for each rule.

import { addPhrases, hasPhrase, t } from './words.js';

// The English texts are those of `mmar.protocols.reading.rules` and `mmar.scoring.official`; a test compares them.
addPhrases({
  'read-exact-text': ["the whole answer is a choice's text", '整个回答就是某个选项的文字'],
  'read-choice-text': [
    "the whole answer is a choice's text, case and punctuation aside",
    '不计大小写与标点，整个回答就是某个选项的文字',
  ],
  'read-lone-letter': ['the whole answer is one letter', '整个回答只有一个字母'],
  'read-protocol-marker': ['what the protocol asks for: "{quote}"', '协议要求的内容：“{quote}”'],
  'read-answer-tag': ['answer tag: "{quote}"', '答案标签：“{quote}”'],
  'read-json-key': ['JSON key: "{quote}"', 'JSON 键：“{quote}”'],
  'read-box': ['box: "{quote}"', '方框：“{quote}”'],
  'read-verdict': ['verdict: "{quote}"', '结论句：“{quote}”'],
  'read-final-line': ['final line: "{quote}"', '最后一行：“{quote}”'],
  'read-own-line': ['a line of its own: "{quote}"', '单独成行：“{quote}”'],
  'read-closing-sentence': ['closing sentence: "{quote}"', '结尾句：“{quote}”'],
  'read-labelled': ['a letter with text behind it: "{quote}"', '字母及其后的文字：“{quote}”'],
  'read-only-mention': ['the only choice named: "{quote}"', '唯一提到的选项：“{quote}”'],
  'read-no-answer': ['no answer came', '没有收到回答'],
  'read-empty': ['the answer is empty', '回答为空'],
  'read-only-thinking': ['nothing but thinking', '只有思考过程'],
  'read-cut-off': ['the answer was cut off before it named a choice', '回答在给出选项之前被截断'],
  'read-refusal': ['declines to answer: "{quote}"', '拒绝回答：“{quote}”'],
  'read-several-choices': ['names more than one choice: "{quote}"', '给出了不止一个选项：“{quote}”'],
  'read-letter-against-text': ['letter and text disagree: "{quote}"', '字母与文字不一致：“{quote}”'],
  'read-list-of-options': ['describes several options and chooses none', '描述了多个选项，没有选择'],
  'read-only-negated': [
    'names a choice only to deny or suppose it: "{quote}"',
    '提到选项只是为了否定或假设：“{quote}”',
  ],
  'read-taken-back': ['takes back what it said: "{quote}"', '收回了先前的说法：“{quote}”'],
  'read-no-such-letter': ['names a letter that no choice has: "{quote}"', '给出的字母不对应任何选项：“{quote}”'],
  'read-no-choice': ['names no choice', '没有给出选项'],
  'official-none': ['no prediction', '没有预测'],
  'official-empty': ['no word', '没有任何词'],
  'official-lacks': ['lacks {words}', '缺少 {words}'],
  'official-foreign': ['has {words} of a wrong choice', '含有错误选项的 {words}'],
  'official-right': [
    'every word of the answer, none of a wrong choice alone',
    '包含答案的每个词，不含只属于错误选项的词',
  ],
});

/**
 * How an answer was read.
 * @param {string} rule
 * @param {{quote?: string, why?: string}} said
 */
export function readingReason(rule, said) {
  return hasPhrase(`read-${rule}`) ? t(`read-${rule}`, { quote: said.quote ?? '' }) : (said.why ?? rule);
}

/**
 * Why the published rule decides so.
 * @param {{official?: [string, string]}} said
 */
export function officialReason(said) {
  const [code, words] = said.official ?? ['none', ''];
  return t(`official-${code}`, { words });
}
