// The player of a clip: waveform and spectrogram, both made beforehand, since a page from disk cannot read its sounds.

import { el } from './base.js';
import { addPhrases, t } from './words.js';

addPhrases({
  clip: ['Clip', '音频'],
  waveform: [
    'Waveform and spectrogram, {seconds} s. Click to play from there',
    '波形与频谱，{seconds} 秒。点击从该处播放',
  ],
  noClip: ['The clip is not part of this page.', '本页不含该音频。'],
  noPlay: ['This browser cannot play the clip.', '此浏览器无法播放该音频。'],
});

/**
 * @typedef {object} Sound
 * @property {string | null} file address of the clip beside the page; null where it is not there
 * @property {string | null} picture address of its spectrogram
 * @property {number | null} seconds
 * @property {Uint8Array | null} peaks 0 to 63, from the beginning to the end
 * @property {string} problem why there is no clip
 */

/**
 * @typedef {object} Player
 * @property {HTMLElement} element
 * @property {HTMLAudioElement | null} audio
 * @property {() => void} toggle
 * @property {(seconds: number) => void} skip
 * @property {(seconds: number) => void} seek
 * @property {() => void} stop
 */

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Uint8Array} peaks
 */
function drawPeaks(canvas, peaks) {
  const scale = window.devicePixelRatio || 1;
  canvas.width = Math.round((canvas.clientWidth || 600) * scale);
  canvas.height = Math.round((canvas.clientHeight || 56) * scale);
  const context = canvas.getContext('2d');
  if (!context) return;
  context.fillStyle = getComputedStyle(canvas).color;
  const step = canvas.width / peaks.length;
  peaks.forEach((peak, index) => {
    const height = Math.max(scale, (peak / 63) * canvas.height);
    context.fillRect(index * step, (canvas.height - height) / 2, Math.max(1, step - scale), height);
  });
}

/**
 * @param {Sound} sound
 * @returns {Player}
 */
export function clipPlayer(sound) {
  if (!sound.file) {
    const element = el('p', { class: 'quiet' }, sound.problem || t('noClip'));
    return { element, audio: null, toggle() {}, skip() {}, seek() {}, stop() {} };
  }
  const audio = el('audio', { controls: true, preload: 'metadata', src: sound.file, 'aria-label': t('clip') });
  const head = el('div', { class: 'playhead' });
  const canvas = el('canvas', { class: 'peaks' });
  const picture =
    sound.picture && el('img', { class: 'spectrogram', src: sound.picture, alt: '', draggable: 'false' });
  const label = t('waveform', { seconds: (sound.seconds || 0).toFixed(1) });
  const screen = el('div', { class: 'sound', role: 'img', 'aria-label': label, title: label }, canvas, picture, head);
  const problem = el('p', { class: 'problem', hidden: true }, t('noPlay'));
  const length = () => (Number.isFinite(audio.duration) ? audio.duration : sound.seconds || 0);
  const move = () => {
    head.style.left = `${length() ? (100 * audio.currentTime) / length() : 0}%`;
  };
  const seek = (/** @type {number} */ seconds) => {
    audio.currentTime = Math.max(0, Math.min(length(), seconds));
    move();
  };
  const play = () => void audio.play().catch(() => undefined);
  screen.addEventListener('click', (event) => {
    const box = screen.getBoundingClientRect();
    seek((length() * (event.clientX - box.left)) / box.width);
    play();
  });
  audio.addEventListener('timeupdate', move);
  audio.addEventListener('error', () => (problem.hidden = false));
  const peaks = sound.peaks;
  if (peaks) {
    // Drawn once the element has a size, and again whenever it changes.
    new ResizeObserver(() => drawPeaks(canvas, peaks)).observe(canvas);
  }
  return {
    element: el('div', { class: 'player' }, screen, audio, problem),
    audio,
    toggle: () => (audio.paused ? play() : audio.pause()),
    skip: (seconds) => seek(audio.currentTime + seconds),
    seek,
    stop: () => audio.pause(),
  };
}
