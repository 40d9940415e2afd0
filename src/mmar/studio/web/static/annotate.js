// Writing an item: rows of choices and cues, the recording, keyboard shortcuts.
"use strict";
(() => {
  const form = document.getElementById("item");
  const segments = studio.openSegments(form);
  const changed = () => form.dispatchEvent(new Event("input", { bubbles: true }));

  const renumber = () =>
    form.querySelectorAll("[data-choice]").forEach((row, index) => {
      const letter = String.fromCharCode(65 + index);
      row.querySelector(".l").textContent = letter;
      row.setAttribute("aria-label", `Choice ${letter}`);
      row.querySelector("[type=radio]").value = String(index);
    });
  const addRow = (name) => {
    const row = document.getElementById(`${name}-template`).content.firstElementChild.cloneNode(true);
    form.querySelector(`[data-${name}s]`).append(row);
    renumber();
    return row;
  };

  const playCue = (row) => {
    const [from, to] = segments.cues()[[...form.querySelectorAll("[data-cue]")].indexOf(row)];
    const parts = from < to ? segments.inRecording(from, to) : [];
    if (segments.isOpen() && parts.length) segments.play(parts);
    else studio.notify("Set a start and an end for this cue, or mark it while playing.");
  };
  // The first press sets the start of a cue, the second its end.
  const markCue = (row, button) => {
    if (!segments.isOpen()) return;
    const position = segments.clipPosition();
    if (position === null) {
      studio.notify("The current position is outside the segments.");
      return;
    }
    const start = row.querySelector("[name=cue_start]");
    const end = row.querySelector("[name=cue_end]");
    if (!start.value || end.value) {
      start.value = position.toFixed(2);
      end.value = "";
      button.textContent = "Mark end";
      studio.notify("Start marked. Press again at the end.");
      return;
    }
    const ends = [Number(start.value), position].sort((a, b) => a - b);
    [start.value, end.value] = ends.map((value) => value.toFixed(2));
    button.textContent = "Mark";
    changed();
  };

  form.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const row = button.closest("[data-choice], [data-cue]");
    if (button.matches("[data-add-choice]")) addRow("choice").querySelector("[type=text]").focus();
    else if (button.matches("[data-add-cue]")) addRow("cue").querySelector("input").focus();
    else if (button.matches("[data-play-cue]")) playCue(row);
    else if (button.matches("[data-mark]")) markCue(row, button);
    else if (button.matches("[data-remove]")) {
      row.remove();
      renumber();
      changed();
    } else if (button.matches("[data-play]")) segments.toggle();
    else if (button.matches("[data-preview]")) segments.preview();
    else if (button.matches("[data-add-segment]")) segments.addAtPosition();
    else if (button.matches("[data-help]")) document.getElementById("keys").showModal();
  });
  document.querySelector("[data-play-disputed]")?.addEventListener("click", () => {
    const parts = segments.inRecording(...form.dataset.disputed.split(",").map(Number));
    if (segments.isOpen() && parts.length) segments.play(parts);
    else studio.notify("This passage is no longer part of the segments.");
  });
  form.addEventListener("input", (event) => {
    if (event.target === form || event.target.closest("[data-cue]")) segments.showCues();
  });

  // A sub-category belongs to a layer: selecting it selects the layer, and another layer clears it.
  const layer = document.getElementById("category");
  const sub = document.getElementById("sub_category");
  const layerOfSub = () => sub.selectedOptions[0]?.closest("optgroup")?.label;
  sub.addEventListener("change", () => {
    if (layerOfSub()) layer.value = layerOfSub();
  });
  layer.addEventListener("change", () => {
    if (layerOfSub() && layerOfSub() !== layer.value) sub.value = "";
  });

  const markKey = (index) => {
    const radio = form.querySelectorAll("[name=answer]")[index];
    if (!radio) return;
    radio.checked = true;
    changed();
  };
  const shortcut = (event) => {
    if (event.ctrlKey || event.metaKey) {
      if (event.key === "s") return () => form.querySelector("button[name=then][value='']").click();
      if (event.code === "Space") return segments.toggle;
      if (event.key === "Enter") return segments.preview;
      return null;
    }
    if (!event.altKey) return null;
    if (/^Digit[1-9]$/.test(event.code)) return () => markKey(Number(event.code.slice(5)) - 1);
    if (event.code === "KeyS") return segments.addAtPosition;
    if (event.key === "ArrowLeft") return () => segments.move(-2);
    if (event.key === "ArrowRight") return () => segments.move(2);
    if (event.code === "BracketLeft") return () => segments.setEnd("start");
    if (event.code === "BracketRight") return () => segments.setEnd("end");
    return null;
  };
  document.addEventListener("keydown", (event) => {
    const action = shortcut(event);
    if (!action) return;
    event.preventDefault();
    action();
  });

  // XMLHttpRequest, because fetch does not report how much was sent.
  const sendFile = (file, state) =>
    new Promise((resolve) => {
      const body = new FormData();
      body.set("csrf", document.body.dataset.csrf);
      body.set("file", file);
      const request = new XMLHttpRequest();
      request.open("POST", `${form.dataset.root}/items/${form.dataset.item}/upload`);
      request.setRequestHeader("Accept", "application/json");
      request.upload.onprogress = ({ loaded, total }) => {
        const percent = Math.floor((100 * loaded) / total);
        state.textContent = loaded < total ? `Uploading ${file.name}: ${percent}%` : `Checking ${file.name}…`;
      };
      request.onload = () => resolve({ ok: request.status === 200, ...JSON.parse(request.responseText) });
      request.onerror = () =>
        resolve({
          ok: false,
          error: { message: "The upload was interrupted. Check the connection and try again." },
        });
      request.send(body);
    });
  const upload = async (file) => {
    if (!file) return;
    try {
      if (!(await studio.ensureSession())) return;
    } catch {
      studio.notify("The server cannot be reached. Try again.");
      return;
    }
    const state = document.getElementById("recording-status");
    const before = [...state.childNodes];
    const answer = await sendFile(file, state);
    if (!answer.ok) {
      state.replaceChildren(...before);
      studio.notify(answer.error.message);
      return;
    }
    form.elements.recording.value = answer.recording;
    state.textContent = `${answer.title} · ${segments.formatTime(answer.duration)}`;
    studio.notify("Recording uploaded.");
    await segments.replace(`${form.dataset.root}/media/recording/${answer.recording}`, answer.duration);
  };
  form.querySelector("[data-file]").addEventListener("change", (event) => upload(event.target.files[0]));
  const drop = form.querySelector("[data-editor]");
  drop.addEventListener("dragover", (event) => event.preventDefault());
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    upload(event.dataTransfer.files[0]);
  });

  // A recording that was being fetched has arrived.
  document.addEventListener("htmx:afterSwap", () => {
    const state = document.getElementById("recording-status");
    if (!state?.dataset.recording || form.dataset.src) return;
    form.dataset.src = `${form.dataset.root}/media/recording/${state.dataset.recording}`;
    form.dataset.duration = state.dataset.duration;
    segments.open();
  });
  segments.open();
  segments.showLength();
})();
