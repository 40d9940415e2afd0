// What every page needs: messages, times, tables with checkboxes, forms that ask before they lose something.
"use strict";
window.studio = window.studio ?? {};
(() => {
  const toast = document.getElementById("toast");
  let timer;
  studio.notify = (text) => {
    toast.textContent = text;
    clearTimeout(timer);
    timer = setTimeout(() => {
      toast.textContent = "";
    }, 7000);
  };

  // A message is shown once; without its number in the address a reload shows the page as it is.
  const address = new URL(location.href);
  if (address.searchParams.has("message")) {
    address.searchParams.delete("message");
    history.replaceState(null, "", address);
  }

  // On a narrow screen the navigation scrolls sideways: show the current entry.
  const current = document.querySelector(".stages [aria-current]");
  if (current) {
    const bar = current.parentElement;
    bar.scrollLeft = current.offsetLeft - (bar.clientWidth - current.offsetWidth) / 2;
  }

  // Details that were open stay open when their part of the page is replaced.
  let open = [];
  document.addEventListener("htmx:beforeSwap", (event) => {
    open = [...event.detail.target.querySelectorAll("details[id][open]")].map((details) => details.id);
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.requestConfig?.elt.closest("details")) return;
    open.forEach((id) => {
      const details = document.getElementById(id);
      if (details) details.open = true;
    });
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful && event.target.matches("form[data-reset]")) event.target.reset();
  });

  // After "more cards" the focus moves to the first new card, for those who use the keyboard.
  let cards = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    cards = event.detail.target.matches(".further") ? document.querySelectorAll(".idea").length : null;
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (cards !== null) {
      const first = document.querySelectorAll(".idea")[cards];
      first?.querySelector("button")?.focus({ preventScroll: true });
    }
    cards = null;
  });

  // Times are shown in the reader's time zone, which is named; the title has them in UTC.
  const FORMS = {
    day: { day: "2-digit", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" },
    hour: { hour: "2-digit", minute: "2-digit" },
    second: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
  };
  const localise = (part) =>
    part.querySelectorAll("time[data-local]:not([title])").forEach((element) => {
      const form = { ...FORMS[element.dataset.local], timeZoneName: "short", hourCycle: "h23" };
      element.title = element.textContent;
      element.textContent = new Intl.DateTimeFormat("en-GB", form).format(new Date(element.dateTime));
    });
  localise(document);
  document.addEventListener("htmx:load", (event) => localise(event.detail.elt.parentElement ?? document));

  document.querySelectorAll("[data-select-all]").forEach((all) =>
    all.addEventListener("change", () => {
      all
        .closest("form")
        .querySelectorAll("input[name=item]")
        .forEach((box) => {
          box.checked = all.checked;
        });
    }),
  );
  // The actions for selected items stand below a long list: a line tells how many are selected, and leads there.
  document.querySelectorAll("[data-selected]").forEach((line) => {
    const form = line.closest("form");
    const count = () => {
      const selected = form.querySelectorAll("input[name=item]:checked").length;
      line.classList.toggle("hidden", !selected);
      line.querySelector("[data-selected-count]").textContent = `${selected} selected`;
    };
    form.addEventListener("change", count);
    count();
  });

  document.querySelectorAll("form[data-warn-unsaved]").forEach((form) => {
    let changed = false;
    form.addEventListener("input", () => {
      changed = true;
    });
    form.addEventListener("submit", () => {
      if ("confirmed" in form.dataset) changed = false;
    });
    addEventListener("beforeunload", (event) => {
      if (changed) event.preventDefault();
    });
  });

  document.querySelectorAll("[data-copy]").forEach((button) =>
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
      studio.notify("Copied.");
    }),
  );
})();
