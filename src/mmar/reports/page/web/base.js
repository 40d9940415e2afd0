// Elements, numbers and data blocks: what every page needs.

/** @typedef {string | number | Node | null | undefined | false} Child */

/**
 * Fill an element: properties that begin with "on" are listeners, the others attributes; null and false are left out.
 * Text only ever becomes text nodes, so that no markup in the data is read as markup.
 * @template {Element} T
 * @param {T} node
 * @param {Record<string, any>} properties
 * @param {Child[]} children
 * @returns {T}
 */
function filled(node, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : String(child));
  }
  return node;
}

/**
 * Make an HTML element.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any>} [properties]
 * @param {Child[]} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function el(tag, properties = {}, ...children) {
  return filled(document.createElement(tag), properties, children);
}

/**
 * Make an SVG element.
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any>} [properties]
 * @param {Child[]} children
 * @returns {SVGElementTagNameMap[K]}
 */
export function svg(tag, properties = {}, ...children) {
  return filled(document.createElementNS('http://www.w3.org/2000/svg', tag), properties, children);
}

/**
 * A number with fixed digits, ties to even as Python prints them, so that a page equals the command line.
 * @param {number} value
 * @param {number} [digits]
 */
export function fixed(value, digits = 1) {
  const exact = Math.abs(value).toFixed(digits + 40);
  const cut = exact.length - 40;
  if (!/^50*$/.test(exact.slice(cut)) || /[13579]\.?$/.test(exact.slice(0, cut))) return value.toFixed(digits);
  const even = digits ? exact.slice(0, cut) : exact.slice(0, cut - 1);
  return value < 0 && Number(even) ? `-${even}` : even;
}

/**
 * @param {number} value
 * @param {number} [digits]
 */
export function signed(value, digits = 1) {
  const text = fixed(value, digits);
  return value > 0 ? `+${text}` : text.replace('-', '−');
}

/** @param {number} value */
export function counted(value) {
  return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/**
 * @param {string} text base64
 * @returns {Uint8Array<ArrayBuffer>}
 */
function fromBase64(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/**
 * @param {string} text base64 of gzip
 * @returns {Promise<Uint8Array>}
 */
export async function inflate(text) {
  const stream = new Blob([fromBase64(text)]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/**
 * The bytes of a block of the page; none where the page has no such block.
 * @param {string} id
 */
export async function readBytes(id) {
  const block = document.getElementById(id);
  return block ? inflate(block.textContent || '') : new Uint8Array(0);
}

/**
 * The value of a block of the page; null where the page has no such block.
 * @param {string} id
 * @returns {Promise<any>}
 */
export async function readJson(id) {
  const bytes = await readBytes(id);
  return bytes.length ? JSON.parse(new TextDecoder().decode(bytes)) : null;
}
