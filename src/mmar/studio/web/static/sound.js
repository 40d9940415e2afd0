// A clip with its waveform: the server drew it, so the browser never decodes more than it plays.
"use strict";
(() => {
  const clock = (s) => `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, "0")}`;
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const open = async (box) => {
    const { src, duration } = box.dataset;
    const total = Number(duration);
    const audio = new Audio(src);
    audio.preload = "metadata";
    const time = box.querySelector("[data-time]");
    let until = null;
    const shape = await shapeOf(src, total, 1200);
    const wave = WaveSurfer.create({
      container: box.querySelector("[data-wave]"), media: audio, peaks: [shape.data], duration: total, height: 72, normalize: true,
      waveColor: css("--muted"), progressColor: css("--accent"), cursorColor: css("--ink"), barWidth: 2, barGap: 1, barRadius: 1,
      cspNonce: document.body.dataset.nonce,
    });
    const marks = wave.registerPlugin(WaveSurfer.Regions.create());
    audio.addEventListener("timeupdate", () => {
      time.textContent = `${clock(audio.currentTime)} / ${clock(total)}`;
      if (until !== null && audio.currentTime >= until) { audio.pause(); until = null; }
    });
    const toggle = () => { until = null; if (audio.paused) audio.play(); else audio.pause(); };
    box.querySelector("[data-play]").addEventListener("click", toggle);
    const hear = (start, end) => { audio.currentTime = start; until = end; audio.play(); };
    document.querySelectorAll("[data-hear]").forEach((button) => button.addEventListener("click", () => hear(...button.dataset.hear.split(",").map(Number))));
    if ("select" in box.dataset) {
      const from = document.querySelector("[data-from]"), to = document.querySelector("[data-to]");
      let quiet = false;
      marks.enableDragSelection({ color: "rgba(168,38,31,.22)" });
      marks.on("region-created", (region) => { if (quiet) return; marks.getRegions().filter((other) => other !== region).forEach((other) => other.remove()); note(region); });
      marks.on("region-updated", (region) => note(region));
      const changed = () => from.dispatchEvent(new Event("input", { bubbles: true }));
      const note = (region) => { from.value = region.start.toFixed(2); to.value = region.end.toFixed(2); document.querySelector("[data-reject]").open = true; changed(); };
      // What was typed, taken from the place being played, or kept from before stands in the waveform too.
      const show = () => {
        const [start, end] = [from.value === "" ? NaN : Number(from.value), Number(to.value)];
        const one = marks.getRegions()[0];
        if (!(start < end && end <= total + 0.01)) one?.remove();
        else if (one) one.setOptions({ start, end });
        else { quiet = true; marks.addRegion({ start, end, color: "rgba(168,38,31,.22)" }); quiet = false; }
      };
      [from, to].forEach((field) => field.addEventListener("change", show));
      document.querySelectorAll("[data-here]").forEach((button) => button.addEventListener("click", () => {
        document.getElementById(button.dataset.here).value = audio.currentTime.toFixed(2);
        show();
        changed();
      }));
      if (wave.getDuration()) show(); else wave.once("ready", show);
    }
    return { toggle, move: (by) => { audio.currentTime = Math.min(total, Math.max(0, audio.currentTime + by)); } };
  };
  const players = Promise.all([...document.querySelectorAll("[data-player]")].map((box) => open(box).catch(() => window.say("The sound cannot be loaded."))));
  // Single letters and numbers judge; whoever dictates or types with one hand may switch them off, in this browser.
  const keys = document.querySelector("[data-keys]");
  const usesKeys = () => { try { return localStorage.getItem("mmar-keys") !== "off"; } catch { return true; } };
  const showKeys = () => document.body.classList.toggle("no-keys", !usesKeys());
  if (keys) {
    const box = keys.querySelector("input");
    keys.hidden = false;
    box.checked = usesKeys();
    box.addEventListener("change", () => { try { localStorage.setItem("mmar-keys", box.checked ? "on" : "off"); } catch { window.say("This browser keeps no settings."); } showKeys(); });
    showKeys();
  }
  document.addEventListener("keydown", async (event) => {
    if (event.target.closest("input, textarea, select, summary") || event.ctrlKey || event.metaKey || event.altKey) return;
    const player = (await players)[0];
    const answers = document.querySelector("[data-answers]");
    if (event.key === " " && player && !event.target.closest("button, a")) { event.preventDefault(); player.toggle(); }
    else if (event.key === "ArrowLeft") player?.move(-2);
    else if (event.key === "ArrowRight") player?.move(2);
    else if (!usesKeys()) return;
    else if (answers && /^[0-9]$/.test(event.key)) answers.querySelector(`button[value="${Number(event.key) - 1}"]`)?.click();
    else if (event.key === "a") document.querySelector("[data-approve] button")?.click();
    else if (event.key === "r") { const box = document.querySelector("[data-reject]"); if (box) { box.open = true; box.querySelector("select").focus(); event.preventDefault(); } }
  });
  document.addEventListener("keydown", (event) => { if (event.key === " " && event.target === document.body) event.preventDefault(); });
})();
