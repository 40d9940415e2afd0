// What the page says, in English and in Chinese.

/** @typedef {'en' | 'zh'} Language */

/** @type {Record<string, [string, string]>} */
const phrases = {};

/** @type {Language} */
let spoken = document.documentElement.lang.startsWith('zh') ? 'zh' : 'en';

/**
 * Add phrases: by key, the English and the Chinese text. "{name}" stands for a value.
 * @param {Record<string, [string, string]>} more
 */
export function addPhrases(more) {
  Object.assign(phrases, more);
}

export function language() {
  return spoken;
}

/** @param {string | null} wanted any other value than "en" and "zh" changes nothing */
export function speak(wanted) {
  if (wanted !== 'en' && wanted !== 'zh') return;
  spoken = wanted;
  document.documentElement.lang = wanted === 'zh' ? 'zh-Hans' : 'en';
}

/**
 * A phrase in the language of the page.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export function t(key, values = {}) {
  const both = phrases[key];
  if (!both) return key;
  return both[spoken === 'zh' ? 1 : 0].replace(/\{(\w+)\}/g, (whole, name) =>
    name in values ? String(values[name]) : whole,
  );
}

/** @param {string} key */
export function hasPhrase(key) {
  return key in phrases;
}
