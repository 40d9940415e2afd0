// Writing an item: the waveform with its segments, rows that come and go, keys.
"use strict";
(() => {
  const form = document.getElementById("item");
  const box = form.querySelector("[data-editor]"), field = document.getElementById("timestamp");
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const list = box.querySelector("[data-segments]"), time = box.querySelector("[data-time]"), length = box.querySelector("[data-length]");
  let showCues = () => {};
  let audio = null, wave = null, marks = null, chosen = null, queue = [], loading = false;

  // Times: hours, minutes, seconds; only written back to the field when somebody moves something.
  const seconds = (text) => text.trim().split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
  const clock = (s) => {
    const ms = Math.round(s * 1000), whole = Math.floor(ms / 1000), rest = ms % 1000;
    const two = (n) => String(n).padStart(2, "0");
    return `${two(Math.floor(whole / 3600))}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}${rest ? `.${String(rest).padStart(3, "0")}` : ""}`;
  };
  const parse = (text) => text.split(/[;\n]+/).map((part) => part.split(/\s*[,–~]\s*|\s*-\s*/)).filter((ends) => ends.length === 2).map((ends) => ends.map(seconds)).filter(([a, b]) => a < b);
  const changed = () => form.dispatchEvent(new Event("input", { bubbles: true }));
  // A clip that came with the item is cut already: its times speak of the video that it came from, not of what is heard.
  const whole = () => "whole" in form.dataset;
  const regions = () => (marks ? marks.getRegions().filter((one) => one.id.startsWith("seg")) : []);
  const order = () => [...list.children].map((row) => row.segment).filter(Boolean);
  const write = () => {
    field.value = order().map((one) => `${clock(one.start)},${clock(one.end)}`).join(";");
    measure();
    changed();
  };
  const measure = () => {
    const total = order().reduce((sum, one) => sum + one.end - one.start, 0);
    length.textContent = order().length ? `${order().length} segment${order().length > 1 ? "s" : ""}, ${total.toFixed(1)} s` : whole() ? "the whole clip" : "the whole recording";
  };
  const choose = (region) => {
    chosen = region;
    [...list.children].forEach((row) => row.classList.toggle("on", row.segment === region));
  };
  const row = (region) => {
    const line = document.createElement("div");
    line.className = "seg";
    line.setAttribute("role", "group");
    line.setAttribute("aria-label", `Segment ${list.children.length + 1}`);
    line.segment = region;
    const n = document.createElement("span");
    n.className = "muted";
    n.textContent = String(list.children.length + 1);
    const ends = ["start", "end"].map((end) => {
      const input = document.createElement("input");
      input.setAttribute("aria-label", `Segment ${end}`);
      input.value = clock(region[end]);
      input.addEventListener("change", () => {
        const value = seconds(input.value);
        if (Number.isFinite(value)) region.setOptions({ [end]: value });
        input.value = clock(region[end]);
        write();
      });
      return input;
    });
    const hear = document.createElement("span");
    const button = document.createElement("button");
    button.type = "button"; button.className = "tiny"; button.textContent = "▶ hear";
    button.addEventListener("click", () => { choose(region); play([[region.start, region.end]]); });
    hear.append(button);
    const gone = document.createElement("button");
    gone.type = "button"; gone.className = "x"; gone.textContent = "×"; gone.setAttribute("aria-label", "Remove this segment");
    gone.addEventListener("click", () => { region.remove(); line.remove(); write(); });
    line.append(n, ...ends, hear, gone);
    line.refresh = () => { ends[0].value = clock(region.start); ends[1].value = clock(region.end); };
    list.append(line);
    choose(region);
  };
  const add = (start, end) => marks.addRegion({ id: `seg${Math.random()}`, start, end, color: "rgba(10,102,102,.22)" });
  const play = (parts) => {
    queue = parts.map((part) => [...part]);
    if (!queue.length) return;
    audio.currentTime = queue[0][0];
    audio.play();
  };
  const toggle = () => { queue = []; if (!audio) return; if (audio.paused) audio.play(); else audio.pause(); };
  const preview = () => { if (audio) play(order().length ? order().map((one) => [one.start, one.end]) : [[0, Number(form.dataset.duration)]]); };

  const open = async () => {
    if (!form.dataset.src || loading) return;
    loading = true;
    const total = Number(form.dataset.duration), src = form.dataset.src;
    box.querySelector("[data-empty]")?.remove();
    const shape = await shapeOf(src, total);
    audio = new Audio(src);
    audio.preload = "metadata";
    wave = WaveSurfer.create({
      container: box.querySelector("[data-wave]"), media: audio, peaks: [shape.data], duration: total, height: 96, normalize: true,
      waveColor: css("--muted"), progressColor: css("--accent"), cursorColor: css("--ink"), barWidth: 2, barGap: 1, barRadius: 1,
      cspNonce: document.body.dataset.nonce,
      plugins: [WaveSurfer.Timeline.create({ height: 16, secondaryLabelOpacity: 1 })],
    });
    marks = wave.registerPlugin(WaveSurfer.Regions.create());
    if (!whole()) marks.enableDragSelection({ id: undefined, color: "rgba(10,102,102,.22)" });
    box.querySelector("[data-add-segment]").classList.toggle("hidden", whole());
    let restoring = true;
    marks.on("region-created", (region) => {
      if (/^(disputed|cue)/.test(region.id)) return;
      if (!region.id.startsWith("seg")) region.id = `seg${Math.random()}`;
      row(region);
      if (!restoring) write();
    });
    // What an inspector marked, and what cues point at, shown where it lies in the recording.
    const show = (id, from, to, color) => inRecording(from, to).forEach(([start, end], at) => marks.addRegion({ id: `${id}-${at}`, start, end, color, drag: false, resize: false }));
    const dispute = () => { if (form.dataset.disputed) show("disputed", ...form.dataset.disputed.split(",").map(Number), "rgba(168,38,31,.28)"); };
    showCues = () => {
      marks.getRegions().filter((one) => one.id.startsWith("cue")).forEach((one) => one.remove());
      cues().forEach(([from, to], at) => { if (from < to) show(`cue${at}`, from, to, "rgba(138,82,0,.34)"); });
    };
    marks.on("region-updated", (region) => { [...list.children].find((line) => line.segment === region)?.refresh(); choose(region); write(); });
    marks.on("region-clicked", (region) => choose(region));
    audio.addEventListener("timeupdate", () => {
      time.textContent = `${clock(audio.currentTime).replace(/\.\d+$/, "")} / ${clock(total).replace(/\.\d+$/, "")}`;
      if (queue.length && audio.currentTime >= queue[0][1] - 0.02) {
        queue.shift();
        if (queue.length) audio.currentTime = queue[0][0]; else audio.pause();
      }
    });
    const restore = () => { (whole() ? [] : parse(field.value)).forEach(([start, end]) => add(start, Math.min(end, total))); restoring = false; measure(); dispute(); showCues(); };
    if (wave.getDuration()) restore(); else wave.once("ready", restore);
    let waiting, shown = wave;
    const refine = () => { clearTimeout(waiting); waiting = setTimeout(() => shape.refine(pxPerSecond(), ...view(), () => { if (wave === shown) shown.zoom(shown.options.minPxPerSec); }), 120); };
    wave.on("scroll", refine);
    wave.on("zoom", refine);
    box.querySelector("[data-zoom]").value = "0";
    box.dataset.ready = "1";
  };

  // Zooming: each step of the slider is the same factor, so that hours and seconds are both easy to reach. What
  // one works at stays where it is: the place being played, the chosen segment, or the middle of the view.
  const pxPerSecond = () => Math.max(wave.options.minPxPerSec, wave.getWidth() / Number(form.dataset.duration));
  const view = () => { const from = wave.getScroll() / pxPerSecond(); return [from, from + wave.getWidth() / pxPerSecond()]; };
  const slider = box.querySelector("[data-zoom]");
  slider.addEventListener("input", () => {
    if (!wave) return;
    const fit = wave.getWidth() / Number(form.dataset.duration), top = Math.max(200, 8 * fit), [from, to] = view();
    const seen = (at) => at !== undefined && at >= from && at <= to;
    const held = [audio.currentTime || undefined, chosen?.start, audio.currentTime].find(seen) ?? (from + to) / 2;
    const left = (held - from) * pxPerSecond();
    wave.zoom(slider.value === "0" ? 0 : fit * (top / fit) ** (slider.value / slider.max));
    wave.setScroll(held * pxPerSecond() - left);
  });

  // A stretch of the joined clip as stretches of the recording.
  const inRecording = (from, to) => {
    const parts = order().length ? order().map((one) => [one.start, one.end]) : [[0, Number(form.dataset.duration)]];
    let before = 0;
    return parts.map(([start, end]) => {
      const found = [Math.max(from - before, 0) + start, Math.min(to - before + start, end)];
      before += end - start;
      return found;
    }).filter(([start, end]) => start < end);
  };
  const cues = () => [...form.querySelectorAll("[data-cue]")].map((line) => [...line.querySelectorAll("[name=cue_start], [name=cue_end]")].map((one) => (one.value === "" ? NaN : Number(one.value))));

  // Rows of choices and cues.
  const renumber = () => form.querySelectorAll("[data-choice]").forEach((one, at) => {
    one.querySelector(".l").textContent = String.fromCharCode(65 + at);
    one.setAttribute("aria-label", one.querySelector(".l").textContent);
    one.querySelector("[type=radio]").value = String(at);
  });
  const grow = (name) => {
    const line = document.getElementById(`${name}-template`).content.firstElementChild.cloneNode(true);
    form.querySelector(`[data-${name}s]`).append(line);
    renumber();
    return line;
  };
  const here = () => { // the place in the joined clip that is being played
    let before = 0;
    for (const one of order()) {
      if (audio.currentTime >= one.start && audio.currentTime <= one.end) return before + audio.currentTime - one.start;
      before += one.end - one.start;
    }
    return order().length ? null : audio.currentTime;
  };
  form.addEventListener("click", (event) => {
    const target = event.target.closest("button");
    if (!target) return;
    if (target.matches("[data-add-choice]")) grow("choice").querySelector("[type=text]").focus();
    else if (target.matches("[data-hear-cue]")) {
      const at = [...form.querySelectorAll("[data-cue]")].indexOf(target.closest("[data-cue]")), [from, to] = cues()[at];
      const parts = from < to ? inRecording(from, to) : [];
      if (!audio || !parts.length) window.say("Say from when to when this cue is heard, or mark it while you listen."); else play(parts);
    } else if (target.matches("[data-add-cue]")) grow("cue").querySelector("input").focus();
    else if (target.matches("[data-remove]")) { target.closest("[data-choice], [data-cue]").remove(); renumber(); changed(); }
    else if (target.matches("[data-mark]") && audio) {
      const at = here(), line = target.closest("[data-cue]");
      if (at === null) { window.say("The place being played is not in any segment."); return; }
      const [start, end] = [line.querySelector("[name=cue_start]"), line.querySelector("[name=cue_end]")];
      if (!start.value || end.value) { start.value = at.toFixed(2); end.value = ""; target.textContent = "End"; window.say("Marked the beginning; press again at the end."); } else {
        const [a, b] = [Number(start.value), at].sort((x, y) => x - y);
        [start.value, end.value] = [a.toFixed(2), b.toFixed(2)]; target.textContent = "Mark"; changed();
      }
    } else if (target.matches("[data-play]")) toggle();
    else if (target.matches("[data-preview]")) preview();
    else if (target.matches("[data-help]")) document.getElementById("keys").showModal();
    else if (target.matches("[data-add-segment]")) segment();
  });
  document.querySelector("[data-hear-disputed]")?.addEventListener("click", () => {
    const parts = inRecording(...form.dataset.disputed.split(",").map(Number));
    if (!audio || !parts.length) window.say("That part is not in the segments any more."); else play(parts);
  });
  const segment = () => { if (marks && !whole()) add(audio.currentTime, Math.min(audio.currentTime + 10, Number(form.dataset.duration))); };
  field.addEventListener("change", () => {
    if (!marks || whole()) return;
    regions().forEach((one) => one.remove());
    list.replaceChildren();
    const kept = field.value;
    parse(kept).forEach(([start, end]) => add(start, end));
    field.value = kept;
  });
  form.addEventListener("input", (event) => { if (event.target === form || event.target.closest("[data-cue]")) showCues(); });
  // A sub-category belongs to a layer: choosing it chooses the layer, another layer lets go of it.
  const layer = document.getElementById("category"), sub = document.getElementById("sub_category");
  sub.addEventListener("change", () => { const group = sub.selectedOptions[0]?.closest("optgroup"); if (group) layer.value = group.label; });
  layer.addEventListener("change", () => { const group = sub.selectedOptions[0]?.closest("optgroup"); if (group && group.label !== layer.value) sub.value = ""; });
  document.addEventListener("keydown", (event) => {
    const control = event.ctrlKey || event.metaKey;
    const act = (what) => { event.preventDefault(); what(); };
    if (control && event.key === "s") act(() => form.querySelector("button[name=then][value='']").click());
    else if (control && event.code === "Space") act(toggle);
    else if (control && event.key === "Enter") act(preview);
    else if (event.altKey && /^Digit[1-9]$/.test(event.code)) act(() => { const radio = form.querySelectorAll("[name=answer]")[Number(event.code.slice(5)) - 1]; if (radio) { radio.checked = true; changed(); } });
    else if (event.altKey && event.code === "KeyS") act(segment);
    else if (event.altKey && event.key === "ArrowLeft" && audio) act(() => { audio.currentTime -= 2; });
    else if (event.altKey && event.key === "ArrowRight" && audio) act(() => { audio.currentTime += 2; });
    else if (event.altKey && event.code === "BracketLeft" && chosen) act(() => { if (audio.currentTime < chosen.end) { chosen.setOptions({ start: audio.currentTime }); write(); list.childNodes.forEach((line) => line.refresh()); } });
    else if (event.altKey && event.code === "BracketRight" && chosen) act(() => { if (audio.currentTime > chosen.start) { chosen.setOptions({ end: audio.currentTime }); write(); list.childNodes.forEach((line) => line.refresh()); } });
  });

  // A recording of one's own, chosen or dropped.
  const send = async (file) => {
    if (!file) return;
    const body = new FormData();
    body.set("csrf", document.body.dataset.csrf);
    body.set("file", file);
    const state = document.getElementById("sound-state"), before = [...state.childNodes];
    const answer = await new Promise((done) => {
      // The older interface: the newer one does not say how much was sent.
      const request = new XMLHttpRequest();
      request.open("POST", `${form.dataset.root}/items/${form.dataset.item}/upload`);
      request.setRequestHeader("Accept", "application/json");
      request.upload.onprogress = (event) => { state.textContent = event.loaded < event.total ? `Sending ${file.name}: ${Math.floor(100 * event.loaded / event.total)} %` : `Checking ${file.name}…`; };
      request.onload = () => done({ ok: request.status === 200, text: request.responseText });
      request.onerror = () => done({ ok: false, text: "The recording could not be sent; the connection broke. Try again." });
      request.send(body);
    });
    if (!answer.ok) { state.replaceChildren(...before); window.say(answer.text); return; }
    const found = JSON.parse(answer.text);
    form.querySelector("[name=recording]").value = found.recording;
    form.dataset.src = `${form.dataset.root}/media/recording/${found.recording}`;
    form.dataset.duration = found.duration;
    delete form.dataset.whole;
    box.querySelector("[data-whole-words]")?.remove();
    document.getElementById("sound-state").textContent = `${found.title} · ${clock(found.duration)}`;
    if (wave) { audio.pause(); wave.destroy(); list.replaceChildren(); field.value = ""; loading = false; }
    window.say("The recording is here.");
    await open();
    changed();
  };
  form.querySelector("[data-file]").addEventListener("change", (event) => send(event.target.files[0]));
  box.addEventListener("dragover", (event) => event.preventDefault());
  box.addEventListener("drop", (event) => { event.preventDefault(); send(event.dataTransfer.files[0]); });
  document.addEventListener("htmx:afterSwap", () => {
    const state = document.getElementById("sound-state");
    if (state?.dataset.recording && !form.dataset.src) {
      form.dataset.src = `${form.dataset.root}/media/recording/${state.dataset.recording}`;
      form.dataset.duration = state.dataset.duration;
      open();
    }
  });
  open().catch(() => window.say("The waveform cannot be loaded."));
  measure();
})();
