/* The blind comparison: pairs in random order and sides, names only at the end. */
{
  const find = (id) => document.getElementById(id);
  const storageKey = `layerpeel-eval-${data.id}`;
  /* {layer, methods, trials: [{picture, left, right}], answers: ["left"|"right"|"same"]} */
  let session = null;

  const imageOf = (number, layer, method) =>
    document.querySelector(
      `#picture-${number} img[data-layer="${layer}"][data-method="${CSS.escape(method)}"]`,
    );

  function shuffled(items) {
    for (let last = items.length - 1; last > 0; last -= 1) {
      const other = Math.floor(Math.random() * (last + 1));
      [items[last], items[other]] = [items[other], items[last]];
    }
    return items;
  }

  /* Pictures in which both methods have the layer, and not the very same one. */
  function trialsOf(layer, methods) {
    const trials = [];
    for (const picture of data.compared) {
      methods.forEach((one, index) => {
        for (const other of methods.slice(index + 1)) {
          const images = [imageOf(picture, layer, one), imageOf(picture, layer, other)];
          if (!images.every(Boolean) || images[0].src === images[1].src) continue;
          const [left, right] = shuffled([one, other]);
          trials.push({ picture, left, right });
        }
      });
    }
    return shuffled(trials);
  }

  /* False where the browser keeps nothing, as in some private windows. */
  function store() {
    try {
      localStorage.setItem(storageKey, JSON.stringify(session));
      return true;
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      return false;
    }
  }

  function stored() {
    try {
      return JSON.parse(localStorage.getItem(storageKey));
    } catch (error) {
      if (!(error instanceof DOMException || error instanceof SyntaxError)) throw error;
      return null;
    }
  }

  function show(part) {
    for (const id of ["setup", "trial", "result"]) find(id).hidden = id !== part;
    /* While it goes on, nothing else on the page may tell. */
    document.body.toggleAttribute("data-blind", part === "trial");
  }

  function showSetup() {
    show("setup");
    const before = stored();
    find("resume").hidden = !before;
    if (before) {
      const [done, all] = [before.answers.length, before.trials.length];
      find("setup-says").textContent =
        done < all ? `${done} of ${all} are answered from before.` : "All are answered from before.";
    }
  }

  function start(event) {
    event.preventDefault();
    const layer = find("setup").elements.layer.value;
    const methods = [...find("setup-methods").querySelectorAll(":checked")].map((box) => box.value);
    const trials = methods.length < 2 ? [] : trialsOf(layer, methods);
    if (trials.length === 0) {
      find("setup-says").textContent =
        methods.length < 2
          ? "Choose two methods or more."
          : "These methods made the very same layers: there is nothing to compare.";
      return;
    }
    session = { layer, methods, trials, answers: [] };
    const kept = store();
    find("setup-says").textContent = "";
    showTrial();
    if (!kept) find("trial-progress").textContent += " This browser keeps no answers: save them at the end.";
  }

  function showTrial() {
    const trial = session.trials[session.answers.length];
    if (!trial) return showResult();
    show("trial");
    find("trial-progress").textContent =
      `${session.answers.length + 1} of ${session.trials.length}: which would you keep?`;
    find("context").src = document.querySelector(
      `#picture-${trial.picture} img[data-layer="picture"]`,
    ).src;
    for (const side of ["left", "right"]) {
      const image = find(side).querySelector("img");
      image.src = imageOf(trial.picture, session.layer, trial[side]).src;
      image.classList.toggle("checkerboard", session.layer === "foregrounds");
    }
    find("undo").disabled = session.answers.length === 0;
  }

  function answer(kept) {
    session.answers.push(kept);
    store();
    showTrial();
  }

  function takeBack() {
    session.answers.pop();
    store();
    showTrial();
  }

  const answered = () =>
    session.answers.map((kept, index) => ({ ...session.trials[index], kept }));

  const percent = (share) => `${Math.round(share * 100)}%`;

  function sentenceOf({ methods, kept, same, share, interval }) {
    const judged = kept[0] + kept[1];
    const rest = same ? ` ${same} without a difference.` : "";
    if (judged === 0) return `${methods.join(" and ")}: no difference in any of ${same}.`;
    const verdict =
      interval[0] > 0.5 ? `${methods[0]} is preferred.` : "No preference can be told yet.";
    return (
      `${methods[0]} was kept over ${methods[1]} in ${kept[0]} of ${judged}: ${percent(share)}, ` +
      `95% interval ${percent(interval[0])}–${percent(interval[1])}. ${verdict}${rest}`
    );
  }

  function barOf({ interval, share }) {
    const bar = document.createElement("div");
    bar.className = "share";
    const reach = bar.appendChild(document.createElement("i"));
    reach.style.left = `${interval[0] * 100}%`;
    reach.style.width = `${(interval[1] - interval[0]) * 100}%`;
    if (share !== null) bar.appendChild(document.createElement("b")).style.left = `${share * 100}%`;
    return bar;
  }

  function showResult() {
    show("result");
    const says = find("result-says");
    const preferences = preferencesOf(answered());
    says.replaceChildren();
    for (const preference of preferences) {
      const line = says.appendChild(document.createElement("p"));
      line.textContent = sentenceOf(preference);
      says.append(barOf(preference));
    }
    if (preferences.length === 0) says.textContent = "Nothing was answered.";
  }

  function save() {
    const answers = answered().map((one) => ({ ...one, name: data.pictures[one.picture].name }));
    const content = {
      report: data.id,
      run: data.run,
      layer: session.layer,
      methods: session.methods,
      answers,
      preferences: preferencesOf(answers),
    };
    const link = document.createElement("a");
    link.href = URL.createObjectURL(
      new Blob([JSON.stringify(content, null, 2)], { type: "application/json" }),
    );
    link.download = `answers-${data.id}.json`;
    link.click();
    URL.revokeObjectURL(link.href);
  }

  const keys = {
    ArrowLeft: () => answer("left"),
    ArrowRight: () => answer("right"),
    ArrowDown: () => answer("same"),
    Backspace: () => session.answers.length > 0 && takeBack(),
  };
  addEventListener("keydown", (event) => {
    if (find("trial").hidden || !keys[event.key] || event.repeat) return;
    event.preventDefault();
    keys[event.key]();
  });

  for (const method of data.methods) {
    const label = find("setup-methods").appendChild(document.createElement("label"));
    const box = label.appendChild(document.createElement("input"));
    const checked = method === data.methods[0] || method === data.reference;
    Object.assign(box, { type: "checkbox", value: method, checked });
    label.append(` ${method}`);
  }

  /* Who goes elsewhere with the browser's own buttons has stopped, and can go on later. */
  addEventListener("hashchange", () => {
    if (!find("trial").hidden && document.body.dataset.view !== "compare") showSetup();
  });

  find("setup").addEventListener("submit", start);
  find("resume").addEventListener("click", () => {
    session = stored();
    showTrial();
  });
  for (const side of ["left", "right"]) {
    find(side).addEventListener("click", () => answer(side));
    find(`keep-${side}`).addEventListener("click", () => answer(side));
  }
  find("keep-same").addEventListener("click", () => answer("same"));
  find("undo").addEventListener("click", takeBack);
  find("finish").addEventListener("click", showResult);
  find("again").addEventListener("click", showSetup);
  find("download").addEventListener("click", save);
  showSetup();
}
