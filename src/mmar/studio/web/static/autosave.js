// Drafts: what is typed in a form with data-autosave is sent at most two seconds later, on leaving the page, and again
// when a connection that was away returns.
"use strict";
(() => {
  const PAUSE_MS = 700;
  const LONGEST_WAIT_MS = 2000;
  const RETRY_MS = [2000, 4000, 8000, 15000];
  const drafts = new Map();

  const createDraft = (form) => {
    const url = form.dataset.autosave;
    let changes = 0;
    let saved = 0;
    let firstUnsaved = null;
    let timer = null;
    let sending = null;
    let failures = 0;
    let submitted = false;

    const report = (state, text = "") => {
      form.dataset.draft = state;
      const status = document.querySelector(form.dataset.autosaveStatus);
      if (text && status) status.textContent = text;
    };
    const schedule = (wait) => {
      clearTimeout(timer);
      timer = setTimeout(send, wait);
    };
    const changed = () => {
      changes += 1;
      firstUnsaved ??= Date.now();
      report("unsaved");
      schedule(Math.max(0, Math.min(PAUSE_MS, firstUnsaved + LONGEST_WAIT_MS - Date.now())));
    };

    const sendOnce = async () => {
      const sent = changes;
      firstUnsaved = null;
      try {
        const response = await studio.post(url, () => new FormData(form));
        if (!response.ok) {
          const problem = (await response.json()).error.message;
          report("refused", `Draft not saved: ${problem}`);
          return;
        }
        const html = await response.text();
        failures = 0;
        saved = sent;
        if (changes === saved) report("saved");
        else changed();
        htmx.swap(form.dataset.autosaveTarget, html, { swapStyle: "outerHTML" });
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
        report("offline", "Draft not saved: no connection. It will be sent when the connection is back.");
        schedule(RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]);
        failures += 1;
      }
    };
    // One request at a time, so that an older draft never overtakes a newer one.
    const send = () => {
      clearTimeout(timer);
      sending ??= sendOnce().finally(() => {
        sending = null;
      });
      return sending;
    };
    const leave = () => {
      if (changes === saved || submitted) return;
      const data = new FormData(form);
      data.set("csrf", document.body.dataset.csrf);
      if (!navigator.sendBeacon(url, data)) send();
    };

    form.addEventListener("input", changed);
    form.addEventListener("change", changed);
    form.addEventListener("submit", () => {
      submitted = "confirmed" in form.dataset;
      if (submitted) clearTimeout(timer);
    });
    addEventListener("online", () => {
      if (changes !== saved) send();
    });
    addEventListener("pagehide", leave);
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") leave();
    });
    addEventListener("beforeunload", (event) => {
      if (form.dataset.draft === "offline" && !submitted) event.preventDefault();
    });
    return {
      // Sends what is not saved yet. A draft that the server refuses does not hold the form back.
      flush: async () => {
        if (sending) await sending;
        if (changes !== saved) await send();
        if (form.dataset.draft === "offline") throw new TypeError("offline");
        return true;
      },
    };
  };

  studio.flush = async (form) => (drafts.has(form) ? drafts.get(form).flush() : true);
  document.querySelectorAll("form[data-autosave]").forEach((form) => drafts.set(form, createDraft(form)));
})();
