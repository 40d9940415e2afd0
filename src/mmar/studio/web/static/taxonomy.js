// The taxonomy editor: rows are added, removed and moved; removing one that holds items asks where they should go.
"use strict";
(() => {
  const form = document.getElementById("tree");
  const template = document.getElementById("sub-template");
  if (!form) return;
  const layers = () => [...form.querySelectorAll("[data-layer]")];
  const rows = () => [...form.querySelectorAll("[data-sub]")];
  const nameOf = (layer) => layer.querySelector("[name=layer]").value;
  const changed = () => form.dispatchEvent(new Event("input", { bubbles: true }));

  // A row refers to its layer by the layer's position in the form, so the options are rebuilt when layers change.
  const movedTo = new Map();
  const layerOf = (row) => movedTo.get(row.querySelector("select")) ?? row.closest("[data-layer]");
  const rebuildLayerOptions = () => {
    rows().forEach((row) => {
      const options = layers().map(
        (layer, index) =>
          new Option(nameOf(layer) || "new layer", String(index), false, layer === layerOf(row)),
      );
      row.querySelector("select").replaceChildren(...options);
    });
    layers().forEach((layer) => layer.setAttribute("aria-label", nameOf(layer) || "New layer"));
  };

  // Where items can be moved to: every category as the form has it now.
  const targets = () =>
    layers()
      .flatMap((layer, index) => [
        [nameOf(layer), ""],
        ...rows()
          .filter((row) => row.querySelector("select").value === String(index))
          .map((row) => [nameOf(layer), row.querySelector("[name=sub]").value]),
      ])
      .filter(([layer]) => layer);
  const rebuildTargets = () =>
    form.querySelectorAll("[name=gone_to]").forEach((select) => {
      const chosen = select.value;
      const options = targets().map(
        ([layer, sub]) =>
          new Option(sub ? `${layer} / ${sub}` : `${layer}, no sub-category`, `${layer}|${sub}`),
      );
      select.replaceChildren(new Option("Choose a category", ""), ...options);
      select.value = chosen;
      if (select.selectedIndex < 0) select.value = "";
    });
  const askForTarget = (removed, count) => {
    const label = document.createElement("label");
    const text = document.createElement("span");
    label.className = "note warn line";
    const [layer, sub] = removed.split("|");
    const items = Number(count) === 1 ? "its item" : `its ${count} items`;
    text.textContent = `${sub ? `${layer} / ${sub}` : layer} is removed. Move ${items} to`;
    const old = Object.assign(document.createElement("input"), {
      type: "hidden",
      name: "gone",
      value: removed,
    });
    const select = Object.assign(document.createElement("select"), { name: "gone_to", required: true });
    label.append(text, select, old);
    form.querySelector("[data-moving]").append(label);
    return select;
  };
  const removeRow = (row) => {
    const { was, n } = row.dataset;
    movedTo.delete(row.querySelector("select"));
    row.remove();
    return Number(n) ? askForTarget(was, n) : null;
  };
  const addSub = (layer, name = "") => {
    const row = template.content.firstElementChild.cloneNode(true);
    layer.querySelector("[data-subs]").append(row);
    row.querySelector("[name=sub]").value = name;
    rebuildLayerOptions();
    row.querySelector("input").focus();
  };
  const addLayer = (name = "") => {
    const layer = layers()[0].cloneNode(true);
    layer.dataset.was = "";
    layer.dataset.n = "0";
    layer.querySelectorAll("[data-sub]").forEach((row) => row.remove());
    layer.querySelectorAll("input").forEach((input) => {
      input.value = "";
    });
    layer.querySelector("[name=layer]").value = name;
    layers().pop().after(layer);
    rebuildLayerOptions();
    layer.querySelector(".name").focus();
    return layer;
  };
  const removeLayer = (layer) => {
    if (layers().length === 1) {
      studio.notify("A taxonomy needs at least one layer.");
      return;
    }
    const { was, n } = layer.dataset;
    rows().forEach((row) => {
      if (layerOf(row) === layer) removeRow(row);
      else if (layer.contains(row)) layerOf(row).querySelector("[data-subs]").append(row);
    });
    layer.remove();
    if (Number(n)) askForTarget(`${was}|`, n);
    rebuildLayerOptions();
  };
  const removeSub = (row) => {
    const next = row.nextElementSibling ?? row.previousElementSibling;
    const target = removeRow(row);
    rebuildTargets();
    (target ?? next?.querySelector("[name=sub]"))?.focus();
    target?.closest("label").scrollIntoView({ block: "center" });
  };

  form.addEventListener("change", (event) => {
    const field = event.target;
    if (field.matches("[name=sub_layer]")) movedTo.set(field, layers()[Number(field.value)]);
    else if (field.matches("[name=layer]")) rebuildLayerOptions();
    if (!field.matches("[name=gone_to]")) rebuildTargets();
  });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[type=button]");
    if (!button) return;
    const row = button.closest("[data-sub]");
    const layer = button.closest("[data-layer]");
    if (button.matches("[data-add-sub]")) addSub(layer);
    else if (button.matches("[data-add-layer]")) addLayer();
    else if (button.matches("[data-remove-layer]")) removeLayer(layer);
    else if (button.matches("[data-remove]")) removeSub(row);
    else if (button.matches("[data-up-layer]")) {
      layers()[layers().indexOf(layer) - 1]?.before(layer);
      rebuildLayerOptions();
      button.focus();
    } else if (button.matches("[data-up]")) {
      row.previousElementSibling?.before(row);
      button.focus();
    }
    rebuildTargets();
    changed();
  });

  // Categories of ideas that the taxonomy does not have yet.
  document.getElementById("missing")?.addEventListener("click", (event) => {
    const button = event.target.closest("[data-add-category]");
    if (!button) return;
    const [name, sub] = button.dataset.addCategory.split(" / ");
    const layer = layers().find((one) => nameOf(one) === name) ?? addLayer(name);
    if (sub) addSub(layer, sub);
    button.closest("p").remove();
    changed();
    studio.notify(`Added ${button.dataset.addCategory}. Enter a reason below and save the version.`);
  });
  rebuildLayerOptions();
})();
